import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * `npm run check`: every static check. Each check runs to its end, so that one run shows all errors.
 * Names select checks: `npm run check -- lint types`.
 */

const root = dirname(import.meta.dirname);

// The programs' own files, not node_modules/.bin: these links would run on the machine's Node, not on this Node.
const program = (path) => join(root, 'node_modules', path);
const folders = ['src', 'workflows', 'activities', 'test', 'bench'].filter((name) => existsSync(join(root, name)));

const checks = [
  {
    name: 'format and lint',
    args: [program('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '--max-diagnostics=100', '.'],
    mend: 'npx biome check --write . mends what is safe to mend',
  },
  { name: 'types', args: [program('typescript/bin/tsc'), '--noEmit', '-p', '.'] },
  {
    name: 'import rules',
    args: [
      '--import',
      pathToFileURL(join(root, 'tools/typescript-for-dependency-cruiser.mjs')).href,
      program('dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      ...folders,
    ],
    mend: 'the rules and their reasons are in .dependency-cruiser.cjs',
  },
  {
    name: 'dead code',
    args: [program('knip/bin/knip.js'), '--no-progress'],
    mend: 'what is used in a way that knip cannot see is named in knip.json',
  },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((word) => !checks.some(({ name }) => name.includes(word)));
if (unknown.length > 0) {
  process.stderr.write(`No such check: ${unknown.join(', ')}. There are: ${checks.map((c) => c.name).join(', ')}.\n`);
  process.exit(2);
}

const chosen = checks.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
const results = chosen.map(({ name, args, mend }) => {
  process.stdout.write(`\n── ${name}\n`);
  const started = performance.now();
  const { status, error, signal } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) process.stderr.write(`${error.message}\n`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const ok = status === 0;
  return {
    ok,
    line: `${ok ? '✔' : '✘'} ${name} (${seconds} s)${ok ? '' : `: ${signal ?? `exit ${status}`}${mend ? `; ${mend}` : ''}`}`,
  };
});

process.stdout.write(`\n${results.map(({ line }) => line).join('\n')}\n`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
