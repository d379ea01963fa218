import test from 'ava';
import { read } from '../compose/files.js';

const rows = read('docs/security.md')
  .split('\n')
  .filter((line) => line.startsWith('| **API'));

/** A test's name as it stands in its source, whichever quotes are around it. */
const isNamedIn = (source: string, name: string): boolean =>
  [`'${name}'`, `"${name}"`, `\`${name}\``].some((quoted) => source.includes(quoted));

test('docs/security.md has one row for each of the ten', (t) => {
  const numbers = rows.map((row) => /^\| \*\*API(\d+)\*\*/.exec(row)?.[1]);
  t.deepEqual(numbers, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
});

for (const row of rows) {
  const [, number = ''] = /\*\*(API\d+)\*\*/.exec(row) ?? [];
  test(`each test that docs/security.md names for ${number} is there`, (t) => {
    const named = [...row.matchAll(/`(test\/[\w/.-]+\.test\.ts)`: “([^”]+)”/g)];
    t.true(named.length > 0, 'names no test');
    t.is(named.length, row.split('`test/').length - 1, 'a test is named in another form');
    for (const [, file = '', name = ''] of named) t.true(isNamedIn(read(file), name), `${file} has no test “${name}”`);
  });
}
