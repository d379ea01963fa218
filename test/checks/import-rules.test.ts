import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';

const root = resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);

type Violation = { rule: { name: string }; from: string; to: string };

/** Runs the project's rules on a small source tree, given by path and text. */
async function violations(files: Record<string, string>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'import-rules-'));
  try {
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    await symlink(join(root, 'package.json'), join(folder, 'package.json'));
    for (const [path, source] of Object.entries(files)) {
      await mkdir(join(folder, dirname(path)), { recursive: true });
      await writeFile(join(folder, path), source);
    }
    const preload = join(root, 'tools/typescript-for-dependency-cruiser.mjs');
    const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const config = join(root, '.dependency-cruiser.cjs');
    const args = ['--import', preload, program, '--config', config, '--output-type', 'json', ...Object.keys(files)];
    // The exit code is the number of errors, so a failed command is expected here.
    const { stdout } = await run(process.execPath, args, { cwd: folder, maxBuffer: 1 << 24 }).catch(
      (error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }),
    );
    const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } };
    return summary.violations.map(({ rule, from }) => `${from}: ${rule.name}`).sort();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const stub = 'export const value = 1;\nexport type Shape = { value: number };\n';
const imports = (path: string) => `import { value } from '${path}';\nexport const copy = value;\n`;
const typesOf = (path: string) => `import type { Shape } from '${path}';\nexport type Copy = Shape;\n`;

const targets = {
  'activities/target.ts': stub,
  'src/api.ts': stub,
  'src/cli/target.ts': stub,
  'src/config/config.ts': stub,
  'src/db/target.ts': stub,
  'src/domain/target.ts': stub,
  'src/http/target.ts': stub,
  'src/stack/target.ts': stub,
  'test/target.ts': stub,
  'tools/launch/target.js': 'export const value = 1;\n',
  'workflows/contract.ts': stub,
  'workflows/target.ts': stub,
};

const forbidden: [path: string, source: string, rule: string][] = [
  ['workflows/a1.ts', imports('node:fs'), 'workflows-stay-deterministic'],
  ['workflows/a2.ts', imports('../src/db/target.js'), 'workflows-stay-deterministic'],
  ['workflows/a3.ts', imports('ms'), 'workflows-stay-deterministic'],
  ['workflows/a4.ts', typesOf('../src/db/target.js'), 'workflows-stay-deterministic'],
  ['workflows/a5.ts', imports('../activities/target.js'), 'workflows-know-activities-as-types'],
  ['activities/b1.ts', imports('../src/db/target.js'), 'activities-are-given-their-stores'],
  ['activities/b2.ts', imports('node:fs'), 'activities-are-given-their-stores'],
  ['src/domain/c1.ts', imports('node:crypto'), 'domain-imports-nothing'],
  ['src/domain/c2.ts', imports('zod'), 'domain-imports-nothing'],
  ['src/domain/c3.ts', typesOf('../config/config.js'), 'domain-imports-nothing'],
  ['src/amqp/d1.ts', typesOf('../db/target.js'), 'stores-know-only-the-domain'],
  ['src/db/d2.ts', imports('../http/target.js'), 'stores-know-only-the-domain'],
  ['src/temporal/d3.ts', imports('../../workflows/target.js'), 'stores-know-only-the-domain'],
  ['src/http/d4.ts', imports('../config/config.js'), 'stores-know-config-as-types'],
  ['src/db/d5.ts', imports('../../workflows/contract.js'), 'contract-is-for-callers-of-temporal'],
  ['src/simulator/e1.ts', imports('../domain/target.js'), 'simulator-stands-alone'],
  ['src/http/f1.ts', imports('mysql2/promise'), 'only-db-knows-mysql'],
  ['src/worker.ts', typesOf('mysql2/promise'), 'only-db-knows-mysql'],
  ['src/http/f2.ts', imports('amqplib'), 'only-amqp-knows-amqplib'],
  ['src/cli/g1.ts', imports('../api.js'), 'nothing-imports-a-process'],
  ['test/g2.ts', imports('../src/api.js'), 'nothing-imports-a-process'],
  ['src/stack/g3.ts', imports('../cli/target.js'), 'stack-imports-no-cli'],
  ['src/bridge.ts', imports('./cli/target.js'), 'production-imports-no-stack-and-no-cli'],
  ['src/bridge/g4.ts', imports('../stack/target.js'), 'production-imports-no-stack-and-no-cli'],
  ['src/process/g5.ts', typesOf('../stack/target.js'), 'production-imports-no-stack-and-no-cli'],
  ['src/domain/g6.ts', imports('../../tools/launch/target.js'), 'production-imports-no-stack-and-no-cli'],
  ['workflows/g7.ts', imports('../src/cli/target.js'), 'production-imports-no-stack-and-no-cli'],
  ['activities/g8.ts', typesOf('../src/stack/target.js'), 'production-imports-no-stack-and-no-cli'],
  ['src/stack/h1.ts', imports('../../test/target.js'), 'no-tests-in-the-product'],
  ['src/stack/h2.ts', imports('yaml'), 'no-dev-dependency-at-run-time'],
  ['src/stack/i1.ts', imports('./i2.js'), 'no-cycles'],
  ['src/stack/j1.ts', imports('./missing.js'), 'everything-resolves'],
];

const allowed: Record<string, string> = {
  'workflows/k1.ts': imports('../src/domain/target.js') + typesOf('../activities/target.js'),
  'workflows/k2.ts': "import { sleep } from '@temporalio/workflow';\nexport const wait = sleep;\n",
  'activities/k3.ts': imports('../src/domain/target.js') + typesOf('../src/db/target.js'),
  'activities/k4.ts': "import { log } from '@temporalio/activity';\nexport const logger = log;\n",
  'src/db/k5.ts': "import { createPool } from 'mysql2/promise';\nexport const pool = createPool;\n",
  'src/http/k6.ts': imports('../../workflows/contract.js') + typesOf('../config/config.js'),
  'src/bridge.ts': imports('./db/target.js') + imports('./http/target.js').replace(/value|copy/g, '$&2'),
  'test/k7.ts': imports('../src/cli/target.js'),
  'src/stack/k8.ts': imports('../../tools/launch/target.js'),
  'src/cli/k9.ts': imports('../stack/target.js'),
};

test('each import that the table forbids is reported by its rule', async (t) => {
  const cycle = { 'src/stack/i2.ts': imports('./i1.js') };
  const tree = Object.fromEntries(forbidden.map(([path, source]) => [path, source]));
  const found = await violations({ ...targets, ...cycle, ...tree });
  for (const [path, , rule] of forbidden) t.true(found.includes(`${path}: ${rule}`), `${path} should break ${rule}`);
});

test('each import that the table allows passes', async (t) => {
  t.deepEqual(await violations({ ...targets, ...allowed }), []);
});
