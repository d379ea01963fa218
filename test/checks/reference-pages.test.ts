import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { variableNames } from '../../src/config/config.js';
import { read, root } from '../compose/files.js';

const named = (page: string): Set<string> =>
  new Set([...read(page).matchAll(/`([a-z_.]+)(?:\{[^`]*\})?`/g)].map(([, name = '']) => name));

const sourcesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(join(folder, file)));

test('docs/operating.md names each metric of the processes', (t) => {
  const metrics = sourcesIn('src').flatMap((source) =>
    [...source.matchAll(/(?:counter|gauge)\(\s*'(orders_\w+)'/g)].map(([, name = '']) => name),
  );
  t.true(metrics.length > 10);
  const described = named('docs/operating.md');
  t.deepEqual(
    metrics.filter((metric) => !described.has(metric)),
    [],
  );
});

for (const page of ['README.md', 'docs/configuration.md']) {
  test(`${page} names each variable of the processes`, (t) => {
    const described = new Set([...read(page).matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name));
    t.deepEqual(
      variableNames.filter((name) => !described.has(name)),
      [],
    );
  });
}

test('each link from a page to a file of this repository has its file', (t) => {
  const pages = ['.', 'docs', 'docs/adr'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(folder, file)),
  );
  t.true(pages.length > 30);
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
      t.true(existsSync(join(root, dirname(page), target)), `${page}: ${target}`);
    }
  }
});

test('docs/data.md names each table, and each column of a table that other programs may read', (t) => {
  const migrations = sourcesIn('src/db/migrations').join('\n');
  const described = named('docs/data.md');
  const tables = [...migrations.matchAll(/CREATE TABLE IF NOT EXISTS (\w+) \(\n([\s\S]*?)\n {2}\) ENGINE/g)];
  t.true(tables.length > 8);
  for (const [, table = '', columns = ''] of tables) {
    t.true(described.has(table), table);
    if (!read('docs/data.md').includes(`\n### \`${table}\``)) continue;
    const made = [...columns.matchAll(/^ {4}([a-z_]+) /gm)].map(([, column]) => column);
    const added = [...migrations.matchAll(/ALTER TABLE (\w+)([^']*)/g)].flatMap(([, altered, change = '']) =>
      altered === table ? [...change.matchAll(/ADD COLUMN ([a-z_]+) /g)].map(([, column]) => column) : [],
    );
    for (const column of [...made, ...added]) {
      t.true(described.has(String(column)) || described.has(`${table}.${column}`), `${table}.${column}`);
    }
  }
});
