import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { CommandError } from '../../src/cli/command-error.js';
import { temporalSetup } from '../../src/cli/temporal-setup.js';
import { topologyVariables } from '../../src/cli/topology.js';
import { type Address, withServers } from '../../src/cli/with-servers.js';
import { ConfigError } from '../../src/config/config.js';
import { DomainError } from '../../src/domain/errors.js';
import { identify, type ProcessId } from '../../src/stack/process-id.js';
import { writeStackRecord } from '../../src/stack/stack-record.js';
import { temporal } from '../helpers/servers.js';

/** The servers that a command uses. No case may start one, so the folder of the private servers must not change. */

const all = { MYSQL_URL: 'mysql://a:b@h/c', AMQP_URL: 'amqp://a:b@h/', TEMPORAL_ADDRESS: 'h:7233' };
const { MYSQL_URL, AMQP_URL, TEMPORAL_ADDRESS } = all;
const names = Object.keys(all) as Address[];

const nothing = (): string => join(mkdtempSync(join(tmpdir(), 'orders-servers-')), 'data');

async function refusal(env: NodeJS.ProcessEnv, needed: readonly Address[], makes = true): Promise<string> {
  const dataDir = nothing();
  const work = async () => 'the work was done';
  try {
    return await withServers({ ORDERS_DATA_DIR: dataDir, ...env }, { needed, makes }, work);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (existsSync(join(dataDir, 'mysql'))) throw new Error('a private server was started');
    return error.message;
  }
}

test('given addresses of all servers are used, and nothing else', async (t) => {
  const used = await withServers(
    { ...all, AMQP_URL: ' ', OTHER: '1' },
    { needed: ['MYSQL_URL'], makes: false },
    async (env) => env,
  );
  t.deepEqual(used, { MYSQL_URL, TEMPORAL_ADDRESS, OTHER: '1' });
});

for (const [given, needed, missing] of [
  [{ MYSQL_URL }, names, 'AMQP_URL, TEMPORAL_ADDRESS'],
  [{ AMQP_URL, TEMPORAL_ADDRESS }, names, 'MYSQL_URL'],
  [{ ...all, TEMPORAL_ADDRESS: '' }, names, 'TEMPORAL_ADDRESS'],
  [{ AMQP_URL }, ['MYSQL_URL'], 'MYSQL_URL'],
  [{ MYSQL_URL, TEMPORAL_ADDRESS }, ['AMQP_URL'], 'AMQP_URL'],
  [{ RABBITMQ_API_URL: 'http://h/' }, ['AMQP_URL'], 'AMQP_URL'],
] as const) {
  test(`a command that needs ${needed} and gets ${Object.keys(given)} names ${missing} and stops`, async (t) => {
    const said = await refusal(given, needed);
    t.true(said.startsWith(`${missing} missing beside `), said);
    t.regex(said, /takes all of its servers from the environment, or none\.$/);
  });
}

for (const makes of [true, false]) {
  test(`production starts no private servers for a command that ${makes ? 'makes something' : 'only reads'}`, async (t) => {
    const said = await refusal({ NODE_ENV: 'production' }, names, makes);
    t.is(said, `No server is named, and NODE_ENV=production starts no private servers. Set ${names.join(', ')}.`);
  });
}

test('a command that only reads starts no servers where npm start has left no shop', async (t) => {
  t.regex(await refusal({}, names, false), /^There is no shop to look at: /);
});

test('a folder for private servers that is a file is named, in the form of a wrong variable', async (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'orders-servers-')), 'file');
  writeFileSync(file, '');
  for (const ORDERS_DATA_DIR of [file, join(file, 'below')]) {
    const error = await t.throwsAsync(
      withServers({ ORDERS_DATA_DIR }, { needed: names, makes: true }, async () => undefined),
      { instanceOf: ConfigError },
    );
    t.regex(error.message, /^ORDERS_DATA_DIR is not a folder that can be written: .*\. Example: ORDERS_DATA_DIR=/);
  }
});

test('a wrong variable is refused before a private server starts', async (t) => {
  const ORDERS_DATA_DIR = nothing();
  for (const [name, value] of [
    ['NODE_ENV', 'prod'],
    ['ORDER_QUEUE_TYPE', 'quick'],
  ] as const) {
    const { message } = await t.throwsAsync(
      withServers(
        { ORDERS_DATA_DIR, [name]: value },
        { needed: ['AMQP_URL'], makes: true, reads: topologyVariables },
        async () => undefined,
      ),
      { instanceOf: ConfigError },
    );
    t.true(message.startsWith(`${name} `), message);
  }
  t.false(existsSync(ORDERS_DATA_DIR));
});

test("settings of Temporal's SDK apply to a given Temporal, and not to a Temporal of npm start", async (t) => {
  const dataDir = nothing();
  mkdirSync(dataDir);
  const { address, uiUrl } = temporal;
  const running = { mysqlUrl: MYSQL_URL, amqpUrl: AMQP_URL, temporalAddress: address, temporalNamespace: 'default' };
  writeStackRecord(dataDir, {
    owner: identify(process.pid) as ProcessId,
    addresses: { ...running, temporalUiUrl: uiUrl },
  });
  const cloud = join(dataDir, 'temporal.toml');
  writeFileSync(cloud, '[profile.default]\nnamespace = "shop.a1b2c"\napi_key = "from-the-file"\n');
  const settings = { TEMPORAL_API_KEY: 'a-key', TEMPORAL_NAMESPACE: 'shop', TEMPORAL_CONFIG_FILE: cloud };
  const setUp = (env: NodeJS.ProcessEnv) =>
    withServers(env, { needed: ['TEMPORAL_ADDRESS'], makes: false }, (found) =>
      temporalSetup(found, { check: true, say: t.log }),
    );
  t.true(await setUp({ ...settings, ORDERS_DATA_DIR: dataDir }));
  // With a key the SDK asks for TLS, which the server of the tests does not have.
  await t.throwsAsync(setUp({ ...settings, TEMPORAL_ADDRESS: address }), { instanceOf: DomainError });
});
