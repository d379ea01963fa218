import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { diagnoseServers } from '../../src/stack/diagnose.js';
import { temporalHere } from '../../src/stack/here.js';
import { StackError, startStack } from '../../src/stack/index.js';
import { type ToolName, tooOld } from '../../src/stack/tool-versions.js';
import { freePort } from '../helpers/free-port.js';
import { dataFolder, processesOf, sharedBroker, sharedTemporal } from './own-stack.js';

/** Tools of this machine that are older than the system can use. */

const root = resolve(import.meta.dirname, '..', '..', '..');

/** A machine with only these programs; each prints the given text. */
function machineWith(t: ExecutionContext, programs: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'order-bridge-tools-')));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const [name, output] of Object.entries(programs)) {
    // RabbitMQ's script shows its version only by the name of its folder.
    const path = name === 'rabbitmq-server' ? join(folder, output, 'sbin', name) : join(bin, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\necho '${output}'\n`);
    chmodSync(path, 0o755);
    if (dirname(path) !== bin) symlinkSync(path, join(bin, name));
  }
  return {
    PATH: bin,
    HOME: folder,
    ORDERS_PATH_ONLY: '1',
    ORDERS_NO_INSTALL: '1',
    ORDERS_CACHE_DIR: join(folder, 'cache'),
    ORDERS_DATA_DIR: join(folder, 'data'),
  };
}

const oldTools = {
  mariadbd: 'mariadbd  Ver 10.3.39-MariaDB-0+deb10u1 for debian-linux-gnu on x86_64 (Debian 10)',
  'rabbitmq-server': 'rabbitmq_server-3.8.2',
  erl: '25',
  epmd: '',
  temporal: 'temporal version 0.12.0 (Server 1.23.0, UI 2.26.2)',
  go: 'go version go1.19.8 linux/amd64',
};

test('doctor names the found and the needed version of each tool that is too old, and what mends it', async (t) => {
  const env = machineWith(t, oldTools);
  const [mysql, rabbitmq] = await Promise.all(diagnoseServers(env, undefined));
  t.regex(mysql?.found ?? '', /MariaDB 10\.3\.39 is too old: 10\.6 or later is needed/);
  t.regex(mysql?.mend ?? '', /^install MariaDB 10\.6 or later: https:/);
  t.regex(rabbitmq?.found ?? '', /RabbitMQ 3\.8\.2 is too old: 3\.10 or later is needed/);
  t.regex(rabbitmq?.mend ?? '', /^install RabbitMQ 3\.10 or later: https:/);
  const here = await temporalHere(env, async () => false);
  t.true(here !== undefined && 'problem' in here);
  t.regex((here as { problem: string }).problem, /go is Go 1\.19\.8, and the pinned module needs Go 1\.25\.0 or later/);
  t.regex((here as { mend: string }).mend, /^install Go 1\.25\.0 or later: https:/);
});

test('doctor names an Erlang and a Docker Compose that are too old', async (t) => {
  const erlang = machineWith(t, { ...oldTools, 'rabbitmq-server': 'rabbitmq_server-3.10.8', erl: '21' });
  const [, rabbitmq] = await Promise.all(diagnoseServers(erlang, undefined));
  t.regex(rabbitmq?.found ?? '', /Erlang 21\.99 is too old: 23\.2 or later is needed/);
  const docker = machineWith(t, { docker: 'Docker Compose version v2.3.3' });
  const [mysql] = await Promise.all(diagnoseServers(docker, undefined));
  t.regex(mysql?.found ?? '', /Docker Compose 2\.3\.3 is too old: 2\.17 or later is needed/);
});

test('a start does not use servers that are too old, and names both versions of each', async (t) => {
  const dataDir = dataFolder(t);
  const env = { ...machineWith(t, oldTools), ...sharedTemporal() };

  const error = await t.throwsAsync(startStack({ dataDir, env, say: t.log }), { instanceOf: StackError });

  t.regex(error.message, /mariadbd: MariaDB 10\.3\.39 is too old: 10\.6 or later is needed/);
  t.regex(error.message, /rabbitmq-server: RabbitMQ 3\.8\.2 is too old: 3\.10 or later is needed/);
  t.regex(error.message, /To mend it: .*install MariaDB 10\.6 or later: .*install RabbitMQ 3\.10 or later: /);
  t.deepEqual(processesOf(dataDir), []);
});

test('a start does not use a Temporal server or a Go that is too old, and names both versions of each', async (t) => {
  const dataDir = dataFolder(t);
  const env = {
    ...machineWith(t, oldTools),
    ...sharedBroker(),
    MYSQL_URL: process.env.TEST_MYSQL_URL,
    HTTPS_PROXY: `http://127.0.0.1:${await freePort()}`,
  };

  const error = await t.throwsAsync(startStack({ dataDir, env, say: t.log }), { instanceOf: StackError });

  t.regex(error.message, /Temporal server 1\.23\.0 is too old: 1\.28 or later is needed/);
  t.regex(error.message, /go is Go 1\.19\.8, and the pinned module needs Go 1\.25\.0 or later/);
  t.regex(error.message, /To mend it: install Go 1\.25\.0 or later: /);
  t.deepEqual(processesOf(dataDir), []);
});

const versions: readonly (readonly [ToolName, string, boolean])[] = [
  ['MariaDB', '10.5.29-MariaDB', true],
  ['MariaDB', '10.6.0-MariaDB', false],
  ['MariaDB', '10.11.19-MariaDB-0+deb12u1', false],
  ['MySQL', '5.7.44', true],
  ['MySQL', '8.0.15', true],
  ['MySQL', '8.4.0', false],
  ['RabbitMQ', '3.9.13', true],
  ['RabbitMQ', '4.1.0', false],
  ['Temporal server', '1.29.1', false],
  ['Temporal server', 'unknown', false],
];

for (const [name, version, isTooOld] of versions) {
  test(`${name} ${version} ${isTooOld ? 'is too old' : 'is new enough'}`, (t) => {
    t.is(tooOld(name, version) !== undefined, isTooOld);
  });
}

interface GoFinder {
  findGo(env: NodeJS.ProcessEnv): { readonly problem?: string };
}

const goSays = (version: string, toolchain: string): string =>
  `'; if [ "$1" = env ]; then echo ${toolchain}; else echo 'go version go${version} linux/amd64`;

for (const [version, toolchain, usable] of [
  ['1.19.8', '', false],
  ['1.22.2', 'local', false],
  ['1.22.2', 'auto', true],
  ['1.25.0', 'local', true],
  ['1.26', 'local', true],
] as const) {
  const how = toolchain === '' ? 'which cannot fetch another' : `with GOTOOLCHAIN=${toolchain}`;
  test(`Go ${version}, ${how}, ${usable ? 'builds' : 'does not build'} the pinned module`, async (t) => {
    const env = machineWith(t, { go: `${goSays(version, toolchain)}'; fi; : '` });
    const { findGo } = (await import(pathToFileURL(join(root, 'tools/temporal/pinned.js')).href)) as GoFinder;
    t.is(findGo(env).problem === undefined, usable);
  });
}

test('the launcher names a Node.js that is too old, and the needed version', async (t) => {
  const file = pathToFileURL(join(root, 'tools/launch/node-version.js')).href;
  const { nodeProblem } = (await import(file)) as { nodeProblem(version: string): string | undefined };
  t.regex(nodeProblem('18.19.1') ?? '', /^Node\.js 18\.19\.1 is too old: 20\.19 or later is needed\. To mend it: /);
  t.regex(nodeProblem('20.18.3') ?? '', /20\.18\.3 is too old/);
  t.is(nodeProblem('20.19.0'), undefined);
  t.is(nodeProblem('24.0.0'), undefined);
});

test('the launcher names an npm that is too old for the lockfile', async (t) => {
  const file = pathToFileURL(join(root, 'tools/launch/npm.js')).href;
  const { checkNpm } = (await import(file)) as { checkNpm(file: string, first: readonly string[]): void };
  const npm = (version: string) => join(machineWith(t, { npm: version }).PATH as string, 'npm');
  t.throws(() => checkNpm(npm('6.14.18'), []), { message: /^npm 6\.14\.18 is too old: 7 or later is needed/ });
  t.notThrows(() => checkNpm(npm('10.8.2'), []));
});
