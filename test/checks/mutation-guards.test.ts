import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { withoutGuard } from '../mutation/guard.js';
import { guardedFiles } from '../mutation/guards/index.js';

const dist = resolve(import.meta.dirname, '../..');

test('each guard that the mutation run removes is in the build, once', (t) => {
  for (const { file, guards } of guardedFiles) {
    const built = readFileSync(join(dist, file), 'utf8');
    for (const guard of guards) t.not(withoutGuard(built, guard), built, guard.name);
  }
});
