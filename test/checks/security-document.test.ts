import test from 'ava';
import { read } from '../compose/files.js';
import { cellsOf, isShort, isThere, testsNamedIn } from './named-tests.js';

const rows = read('docs/security.md')
  .split('\n')
  .filter((line) => line.startsWith('| **API'));

test('docs/security.md has one row for each of the ten risks', (t) => {
  const numbers = rows.map((row) => /^\| \*\*API(\d+)\*\*/.exec(row)?.[1]);
  t.deepEqual(numbers, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
});

for (const row of rows) {
  const [, number = ''] = /\*\*(API\d+)\*\*/.exec(row) ?? [];
  test(`the row of ${number} in docs/security.md is short, and each test that it names exists`, (t) => {
    const cells = cellsOf(row);
    t.is(cells.length, 3);
    for (const cell of cells.slice(0, 2)) t.true(isShort(cell), `is long, and belongs into a note: ${cell}`);
    for (const named of testsNamedIn(row)) {
      if (named === undefined) t.fail('names no test, or a test in another form');
      else t.true(isThere(named), `${named.file} has no test “${named.name}”`);
    }
  });
}
