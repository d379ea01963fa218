import test from 'ava';
import { read } from '../compose/files.js';
import { cellsOf, isShort, isThere, testsNamedIn } from './named-tests.js';

const rows = read('docs/failures.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what breaks'));

test('docs/failures.md has rows, each with four short columns and one for its tests', (t) => {
  t.true(rows.length > 30);
  for (const row of rows) {
    const cells = cellsOf(row);
    t.is(cells.length, 5, row);
    for (const cell of cells.slice(0, 4)) t.true(isShort(cell), `is long, and belongs into a note: ${cell}`);
  }
});

test('each test that docs/failures.md names exists, and each row names a test', (t) => {
  for (const row of rows) {
    for (const named of testsNamedIn(row)) {
      if (named === undefined) t.fail(`names no test, or a test in another form: ${row}`);
      else t.true(isThere(named), `${named.file} has no test “${named.name}”`);
    }
  }
});
