import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import test from 'ava';

type Package = { version: string; resolved?: string; optionalDependencies?: Record<string, string> };

const path = resolve(import.meta.dirname, '../../../package-lock.json');
const { packages } = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, Package> };

test('the lockfile names the package of every platform, because npm ci refuses a lockfile without one', (t) => {
  const missing = Object.entries(packages).flatMap(([owner, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !packages[`${owner}/node_modules/${name}`] && !packages[`node_modules/${name}`],
    ),
  );
  t.deepEqual(missing, []);
});

test('the lockfile names no registry, so that each machine installs from its own', (t) => {
  t.deepEqual(
    Object.values(packages).flatMap(({ resolved }) => resolved ?? []),
    [],
  );
});
