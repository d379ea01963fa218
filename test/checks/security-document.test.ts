import test from 'ava';
import { read } from '../compose/files.js';
import { countNamed, isThere, testsNamedIn } from './named-tests.js';

const rows = read('docs/security.md')
  .split('\n')
  .filter((line) => line.startsWith('| **API'));

test('docs/security.md has one row for each of the ten', (t) => {
  const numbers = rows.map((row) => /^\| \*\*API(\d+)\*\*/.exec(row)?.[1]);
  t.deepEqual(numbers, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
});

for (const row of rows) {
  const [, number = ''] = /\*\*(API\d+)\*\*/.exec(row) ?? [];
  test(`each test that docs/security.md names for ${number} is there`, (t) => {
    const named = testsNamedIn(row);
    t.true(named.length > 0, 'names no test');
    t.is(named.length, countNamed(row), 'a test is named in another form');
    for (const one of named) t.true(isThere(one), `${one.file} has no test “${one.name}”`);
  });
}
