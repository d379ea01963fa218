import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { connect } from 'amqplib';
import test from 'ava';
import { createConnection } from 'mysql2/promise';
import { findRunningStack, type StackAddresses, StackError } from '../../src/stack/index.js';
import { taskQueue } from '../helpers/servers.js';
import { dataFolder, killEverything, ownStack, processesOf, startOwner, until } from './own-stack.js';

const workflowId = 'kept';
const queue = 'kept';

async function writeEverywhere(addresses: StackAddresses): Promise<void> {
  const mysql = await createConnection(addresses.mysqlUrl);
  await mysql.query('CREATE TABLE kept (id INT PRIMARY KEY) ENGINE = InnoDB');
  await mysql.query('INSERT INTO kept VALUES (7)');
  await mysql.end();

  const broker = await connect(addresses.amqpUrl);
  const channel = await broker.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  channel.sendToQueue(queue, Buffer.from('kept'), { persistent: true });
  await channel.waitForConfirms();
  await broker.close();

  const connection = await Connection.connect({ address: addresses.temporalAddress });
  const client = new Client({ connection });
  await client.workflow.start('anything', { taskQueue: taskQueue(), workflowId });
  await connection.close();
}

/**
 * RabbitMQ 3.10 writes the name of a new quorum queue a second or two after it has confirmed messages in it. A broker
 * that is killed before finds the queue without a leader. This test is about the stack, so it waits.
 */
function brokerHasWrittenName(dataDir: string): boolean {
  const quorum = join(dataDir, 'rabbitmq', 'mnesia', 'orders@localhost', 'quorum', 'orders@localhost');
  const names = join(quorum, 'names.dets');
  // RabbitMQ 4 writes the names to another place, and at once.
  return !existsSync(names) || readFileSync(names).includes(`_${queue}`);
}

async function readEverywhere(addresses: StackAddresses) {
  const mysql = await createConnection(addresses.mysqlUrl);
  const [rows] = await mysql.query('SELECT id FROM kept');
  await mysql.end();

  const broker = await connect(addresses.amqpUrl);
  const channel = await broker.createChannel();
  const message = await channel.get(queue, { noAck: true });
  await broker.close();

  const connection = await Connection.connect({ address: addresses.temporalAddress });
  const description = await new Client({ connection }).workflow.getHandle(workflowId).describe();
  await connection.close();
  return { rows, message: message ? message.content.toString() : undefined, workflow: description.status.name };
}

test('the next start after kill -9 of every process has all data and the same addresses', async (t) => {
  const dataDir = dataFolder(t);
  const owner = await startOwner(t, dataDir, {});
  await writeEverywhere(owner.addresses);
  await until(() => brokerHasWrittenName(dataDir));
  await killEverything(dataDir, owner);
  t.is(await findRunningStack(dataDir), undefined, 'a dead owner is not a running stack');

  const stack = await ownStack(t, {}, { dataDir });

  t.deepEqual(stack.addresses, owner.addresses);
  t.deepEqual(await readEverywhere(stack.addresses), {
    rows: [{ id: 7 }],
    message: 'kept',
    workflow: 'RUNNING',
  });
  await stack.stop();
  t.deepEqual(processesOf(dataDir), [], 'stop leaves no process behind');
});

test('the servers of a killed owner stop in an orderly way', async (t) => {
  const dataDir = dataFolder(t);
  const owner = await startOwner(t, dataDir, {
    AMQP_URL: process.env.TEST_AMQP_URL,
    TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS,
  });
  t.true(processesOf(dataDir).length > 0);

  owner.process.kill('SIGKILL');

  await t.notThrowsAsync(until(() => processesOf(dataDir).length === 0));
});

test('a second start in the same folder is refused, and names the first start and how to stop it', async (t) => {
  const dataDir = dataFolder(t);
  const env = { AMQP_URL: process.env.TEST_AMQP_URL, TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS };
  const owner = await startOwner(t, dataDir, env);

  const error = await t.throwsAsync(ownStack(t, env, { dataDir }), { instanceOf: StackError });

  t.regex(error.message, new RegExp(`kill ${owner.process.pid}`));
  t.deepEqual(await findRunningStack(dataDir), owner.addresses);
});
