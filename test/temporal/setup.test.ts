import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import test from 'ava';
import { requireSetup } from '../../src/cli/require-setup.js';
import { isUnavailable, NotSetUp } from '../../src/domain/errors.js';
import { createSetupCheck, setUp, setupProblems } from '../../src/temporal/setup.js';
import { orders } from '../cli/orders.js';
import { createVhost, temporal } from '../helpers/servers.js';
import { bareNamespace, createOrder, inputOf, startClient } from '../helpers/temporal.js';

/** A namespace that is missing, without search attributes, or set up by the command. */

const environment = (namespace: string) => ({ TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: namespace });

const attributes = ['OrderStatus', 'OrderCustomer', 'OrderAmount', 'OrderReference'];

async function changesOf(client: Client): Promise<string[]> {
  const changes: string[] = [];
  await setUp(client, (change) => void changes.push(change));
  return changes;
}

test('a missing namespace is named, and the setup creates the namespace', async (t) => {
  const namespace = `test-${randomUUID()}`;
  const { client } = startClient(t, { namespace });
  t.deepEqual(await setupProblems(client), [{ what: `there is no namespace ${namespace}`, blocks: true }]);
  const changes = await changesOf(client);
  t.regex(changes[0] ?? '', /^created the namespace/);
  t.is(changes.length, 1 + attributes.length);
  t.deepEqual(await setupProblems(client), []);
});

test('missing search attributes are named, and added once', async (t) => {
  const { client } = await bareNamespace(t, 48);
  t.deepEqual(
    await setupProblems(client),
    attributes.map((attribute) => ({ what: `no search attribute ${attribute}`, blocks: true })),
  );
  t.is((await changesOf(client)).length, attributes.length);
  t.deepEqual(await setupProblems(client), []);
  t.deepEqual(await changesOf(client), []);
});

test("a start adds what the project's own Temporal lacks, and changes no other Temporal", async (t) => {
  const { client } = await bareNamespace(t, 48);
  const { url: AMQP_URL } = await createVhost(t);
  const env = { ...environment(client.options.namespace), AMQP_URL };
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  await t.throwsAsync(requireSetup(env, { ownTemporal: false, say }), { instanceOf: NotSetUp });
  t.deepEqual(said, []);
  await requireSetup(env, { ownTemporal: true, say });
  t.is(said.length, attributes.length);
});

test('an order that is started without the search attributes waits, as in an outage', async (t) => {
  const { workflows } = await bareNamespace(t, 48);
  const error = await t.throwsAsync(workflows.startOrder(inputOf(createOrder())), { instanceOf: NotSetUp });
  t.is((error as NotSetUp).code, 'dependency-unavailable');
  t.regex(error.message, /search attribute.*orders temporal setup/);
});

test('the check for /readyz names what is missing until the setup is complete', async (t) => {
  const { client } = await bareNamespace(t, 48);
  const check = createSetupCheck(client);
  await t.throwsAsync(check(), { instanceOf: NotSetUp, message: /OrderStatus.*orders temporal setup/ });
  await changesOf(client);
  t.is(await check(), undefined);
  t.is(await check(), undefined);
});

test('a namespace of the version before waits for OrderCustomer, and keeps OrderUserId', async (t) => {
  const { client, workflows } = await bareNamespace(t, 48);
  const { namespace } = client.options;
  await client.connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: { OrderStatus: 2, OrderUserId: 3, OrderAmount: 3, OrderReference: 2 } as never,
  });
  const what = 'no search attribute OrderCustomer';
  t.deepEqual(await setupProblems(client), [{ what, blocks: true }]);
  t.true(isUnavailable(await t.throwsAsync(workflows.startOrder(inputOf(createOrder())))));
  t.deepEqual(await changesOf(client), ['added the search attribute OrderCustomer (KEYWORD)']);
  t.deepEqual(await setupProblems(client), []);
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  t.is(customAttributes.OrderUserId, 3);
});

test('a retention below a day is a remark, and the setup raises the retention', async (t) => {
  const { client: short } = await bareNamespace(t, 1);
  await short.connection.operatorService.addSearchAttributes({
    namespace: short.options.namespace,
    searchAttributes: { OrderStatus: 2, OrderCustomer: 2, OrderAmount: 3, OrderReference: 2 } as never,
  });
  t.regex((await createSetupCheck(short)()) ?? '', /kept for 1 hours.*orders temporal setup/);
  t.deepEqual(await changesOf(short), [`raised the retention of ${short.options.namespace} to 7 days`]);
  t.deepEqual(await setupProblems(short), []);
});

test('the setup reports its steps before a forbidden step', async (t) => {
  const { client } = await bareNamespace(t, 1);
  const forbidden = Object.assign(new Error('forbidden'), { code: 7, details: 'forbidden', metadata: {} });
  Object.assign(client.connection.operatorService, { addSearchAttributes: () => Promise.reject(forbidden) });
  const changes: string[] = [];
  await t.throwsAsync(
    setUp(client, (change) => void changes.push(change)),
    { code: 'dependency-unavailable' },
  );
  t.deepEqual(changes, [`raised the retention of ${client.options.namespace} to 7 days`]);
});

test('orders temporal setup --check exits 1 and changes nothing before the setup, and exits 0 afterwards', async (t) => {
  const { namespace } = await bareNamespace(t, 48);
  const checked = await orders(['temporal', 'setup', '--check'], environment(namespace));
  t.is(checked.code, 1);
  for (const attribute of attributes) {
    t.true(checked.out.includes(`no search attribute ${attribute}. To mend it: orders temporal setup\n`));
  }
  const mended = await orders(['temporal', 'setup'], environment(namespace));
  t.is(mended.code, 0, mended.err);
  t.is(
    mended.out,
    'added the search attribute OrderStatus (KEYWORD)\nadded the search attribute OrderCustomer (KEYWORD)\n' +
      'added the search attribute OrderAmount (INT)\nadded the search attribute OrderReference (KEYWORD)\n' +
      `The namespace ${namespace} has all that the processes need.\n`,
  );
  t.is((await orders(['temporal', 'setup', '--check'], environment(namespace))).code, 0);
});
