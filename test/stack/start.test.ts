import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { hasDatabase } from '../../src/stack/data-folder.js';
import { StackError, startStack } from '../../src/stack/index.js';
import { plainPathTo } from '../../src/stack/plain-path.js';
import { createDatabase, createVhost } from '../helpers/servers.js';
import { dataFolder, ownStack, processesOf, sharedBroker, sharedTemporal, until } from './own-stack.js';

const onlyMysql = () => ({ ...sharedBroker(), ...sharedTemporal() });
const portOf = (url: string): number => Number(new URL(url).port);

test('servers at addresses in the environment are used, and run on after the stack has stopped', async (t) => {
  const database = await createDatabase(t);
  const vhost = await createVhost(t);
  const stack = await ownStack(t, { ...sharedTemporal(), MYSQL_URL: database.url, AMQP_URL: vhost.url });

  t.is(stack.addresses.mysqlUrl, database.url);
  t.is(stack.addresses.amqpUrl, vhost.url);
  t.is(stack.addresses.temporalAddress, process.env.TEST_TEMPORAL_ADDRESS as string);
  t.deepEqual(new Set(stack.servers.map(({ origin }) => origin)), new Set(['environment']));

  await stack.stop();
  const connection = await createConnection(database.url);
  const [tables] = await connection.query<RowDataPacket[]>('SHOW TABLES');
  await connection.end();
  t.deepEqual(tables, [], 'nothing was written into it');
});

test('a stop in order leaves no record of a process', async (t) => {
  const dataDir = dataFolder(t);
  const record = join(dataDir, 'run', 'started.json');
  const env = { ...onlyMysql(), MYSQL_URL: process.env.TEST_MYSQL_URL };
  const stack = await ownStack(t, env, { dataDir });
  t.true(existsSync(record), 'the watchdog is recorded while the stack runs');
  await stack.stop();
  t.false(existsSync(record));
  t.false(hasDatabase(dataDir), 'its database was given');
});

test('another port is taken when the last port is in use', async (t) => {
  const dataDir = dataFolder(t);
  const first = await ownStack(t, onlyMysql(), { dataDir });
  await first.stop();
  const squatter = createServer().listen(portOf(first.addresses.mysqlUrl), '127.0.0.1');
  t.teardown(() => void squatter.close());
  await until(() => squatter.listening);

  const second = await ownStack(t, onlyMysql(), { dataDir });

  t.not(portOf(second.addresses.mysqlUrl), portOf(first.addresses.mysqlUrl));
  const connection = await createConnection(second.addresses.mysqlUrl);
  await t.notThrowsAsync(connection.query('SELECT 1'));
  await connection.end();
});

test('a data folder with a very long path works, and an incomplete data directory in it is created again', async (t) => {
  // Longer than a socket's path may be, so that the stack needs a short link.
  const dataDir = join(dataFolder(t), ...Array.from({ length: 4 }, () => 'long'.repeat(20)));
  mkdirSync(join(dataDir, 'mysql.draft'), { recursive: true });
  writeFileSync(join(dataDir, 'mysql.draft', 'ibdata1'), 'cut short');

  const stack = await ownStack(t, onlyMysql(), { dataDir });

  t.is(stack.servers.find(({ name }) => name === 'mysql')?.origin, 'private');
  await stack.stop();
  rmSync(join(dataDir, 'mysql'), { recursive: true });
  t.true(hasDatabase(dataDir), 'a volume of Docker holds the rows elsewhere');
  t.throws(() => plainPathTo(`/${'x'.repeat(400)}`), {
    instanceOf: StackError,
    message: /more than 400 .*ORDERS_DATA_DIR=/s,
  });
});

test('the private account may create databases for tests and sees no others', async (t) => {
  const { addresses } = await ownStack(t, onlyMysql());
  const connection = await createConnection(addresses.mysqlUrl);
  await t.notThrowsAsync(connection.query('CREATE DATABASE test_allowed'));
  await t.throwsAsync(connection.query('CREATE DATABASE elsewhere'), { message: /denied/i });
  await t.throwsAsync(connection.query('SELECT 1 FROM mysql.user'), { message: /denied/i });
  await connection.end();
});

test('two stacks at once share neither ports nor data', async (t) => {
  const [one, other] = await Promise.all([ownStack(t, sharedTemporal()), ownStack(t, sharedTemporal())]);
  const ports = [one, other].flatMap(({ addresses }) => [portOf(addresses.mysqlUrl), portOf(addresses.amqpUrl)]);
  t.is(new Set(ports).size, 4);
  const mixed = new URL(other.addresses.mysqlUrl);
  mixed.password = new URL(one.addresses.mysqlUrl).password;
  await t.throwsAsync(createConnection(mixed.href), { message: /denied/i });
});

test('an abort during the start leaves no process running', async (t) => {
  const dataDir = dataFolder(t);
  const interrupted = new AbortController();
  const start = startStack({ dataDir, env: process.env, say: t.log, signal: interrupted.signal });
  await until(() => processesOf(dataDir).length >= 3);
  interrupted.abort(new Error('Ctrl-C'));

  await t.throwsAsync(start, { message: 'Ctrl-C' });
  t.deepEqual(processesOf(dataDir), []);
});

test('a given address that does not answer stops the start, and no private server is used instead', async (t) => {
  const dataDir = dataFolder(t);
  const env = { ...process.env, ...onlyMysql(), MYSQL_URL: 'mysql://a:b@127.0.0.1:1/c' };
  const error = await t.throwsAsync(startStack({ dataDir, env, say: t.log }), { instanceOf: StackError });
  t.regex(error.message, /^MySQL could not be brought up:\n {2}- MYSQL_URL: .*ECONNREFUSED.*\nTo mend it: /);
  t.regex(error.message, /To mend it: correct MYSQL_URL, or unset it to use a private server$/);
  t.false(existsSync(join(dataDir, 'mysql')));
  t.deepEqual(processesOf(dataDir), []);
});

test('NODE_ENV=production installs no package, and the message says so', async (t) => {
  const env = {
    ...sharedTemporal(),
    ...sharedBroker(),
    PATH: '/nowhere',
    ORDERS_PATH_ONLY: '1',
    NODE_ENV: 'production',
  };
  const start = startStack({ dataDir: dataFolder(t), env, say: t.log });
  await t.throwsAsync(start, { instanceOf: StackError, message: /NODE_ENV=production installs nothing/ });
});

test('one message names each way to a server, why it failed, and what mends it', async (t) => {
  const dataDir = dataFolder(t);
  const env = {
    ...sharedTemporal(),
    PATH: dataDir,
    ORDERS_PATH_ONLY: '1',
    ORDERS_NO_INSTALL: '1',
    AMQP_URL: 'amqp://127.0.0.1:1/',
  };

  const error = await t.throwsAsync(startStack({ dataDir, env, say: t.log }), { instanceOf: StackError });

  t.regex(error.message, /MySQL could not be brought up/);
  t.regex(error.message, /MYSQL_URL: not set/);
  t.regex(error.message, /mariadbd or mysqld was not found/);
  t.regex(error.message, /docker was not found/);
  t.regex(error.message, /ORDERS_NO_INSTALL=1 forbids installing/);
  t.regex(error.message, /RabbitMQ could not be brought up/);
  t.regex(error.message, /AMQP_URL: .*ECONNREFUSED/);
  t.regex(error.message, /To mend it: \S+/);
  t.deepEqual(processesOf(dataDir), []);
});
