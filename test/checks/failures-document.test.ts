import test from 'ava';
import { read } from '../compose/files.js';
import { countNamed, isThere, testsNamedIn } from './named-tests.js';

const rows = read('docs/failures.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what breaks'));

test('docs/failures.md has rows, each with its five columns', (t) => {
  t.true(rows.length > 30);
  for (const row of rows) t.is(row.split(' | ').length, 5, row);
});

test('each test that docs/failures.md names is there, and no row is without one', (t) => {
  for (const row of rows) {
    const named = testsNamedIn(row);
    t.true(named.length > 0, `names no test: ${row}`);
    t.is(named.length, countNamed(row), `names a test in another form: ${row}`);
    for (const one of named) t.true(isThere(one), `${one.file} has no test “${one.name}”`);
  }
});
