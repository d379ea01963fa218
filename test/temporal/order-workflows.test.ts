import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Client } from '@temporalio/client';
import test from 'ava';
import { until } from '../../src/cli/story/until.js';
import { isUnavailable } from '../../src/domain/errors.js';
import { createClient } from '../../src/temporal/client.js';
import { createOrderWorkflows, type OrderWorkflows } from '../../src/temporal/order-workflows.js';
import { orderCustomerKey, orderReferenceKey } from '../../workflows/search-attributes.js';
import { createGate } from '../helpers/gate.js';
import { taskQueue, temporal } from '../helpers/servers.js';
import { createOrder, inputOf, startClient } from '../helpers/temporal.js';

test('an order is started once by its id', async (t) => {
  const { workflows, client } = startClient(t);
  const order = createOrder();
  t.is(await workflows.startOrder(inputOf(order)), 'started');
  t.is(await workflows.startOrder(inputOf(order)), 'already-started');
  const { type, status } = await client.workflow.getHandle(`order:${order.orderId}`).describe();
  t.deepEqual([type, status.name], ['orderWorkflow', 'RUNNING']);
});

test('an order that is started many times at the same time is started once', async (t) => {
  const { workflows } = startClient(t);
  const order = createOrder();
  const answers = await Promise.all(Array.from({ length: 10 }, () => workflows.startOrder(inputOf(order))));
  t.is(answers.filter((answer) => answer === 'started').length, 1);
});

test('a moved deadline is signaled to the workflow of the order, and starts no workflow', async (t) => {
  const { workflows, signalsOf, argumentsOf, client, end } = startClient(t);
  const order = createOrder();
  const moved = { expiresAt: '2026-03-05T18:00:00.000Z' };
  await workflows.reportDeadline(order.orderId, moved);
  await t.throwsAsync(client.workflow.getHandle(`order:${order.orderId}`).describe(), {
    name: 'WorkflowNotFoundError',
  });
  await workflows.startOrder(inputOf(order));
  await workflows.reportDeadline(order.orderId, moved);
  t.deepEqual(await signalsOf(order), ['deadlineMoved']);
  t.deepEqual(await argumentsOf(order), [moved]);
  await end(order);
  await t.notThrowsAsync(workflows.reportDeadline(order.orderId, moved));
});

test('an order that has ended is not started again', async (t) => {
  const { workflows, end } = startClient(t);
  const order = createOrder();
  await workflows.startOrder(inputOf(order));
  await end(order);
  t.is(await workflows.startOrder(inputOf(order)), 'already-started');
});

test('an order whose workflow was terminated is started again', async (t) => {
  const { workflows, terminate } = startClient(t);
  const order = createOrder();
  await workflows.startOrder(inputOf(order));
  await terminate(order);
  t.is(await workflows.startOrder(inputOf(order)), 'started');
});

test('an order that has ended is started again by startOrderAnew', async (t) => {
  const { workflows, end } = startClient(t);
  const order = createOrder();
  await workflows.startOrder(inputOf(order));
  t.is(await workflows.startOrderAnew(inputOf(order)), 'already-started', 'the workflow runs');
  await end(order);
  t.is(await workflows.startOrderAnew(inputOf(order)), 'started');
});

test('an order is found by its customer and its amount, and its summary is readable without the code', async (t) => {
  const { workflows, client } = startClient(t);
  const order = createOrder();
  await workflows.startOrder({ ...inputOf(order), items: order.items });
  const { typedSearchAttributes, staticSummary, staticDetails } = await describe(client, `order:${order.orderId}`);
  const found = Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
  t.like(found, { OrderStatus: 'placed', OrderCustomer: '7', OrderAmount: 2500 });
  t.is(staticSummary, '2 × mug-red for 25.00 EUR, customer 7');
  t.regex(
    staticDetails ?? '',
    /of customer 7: \*\*25\.00 EUR\*\*, to be paid until .*\n\n- 2 × mug-red at 12\.50 EUR$/,
  );
  const later = /\?query=(?<query>[^)]+)\)/.exec(staticDetails ?? '')?.groups?.query ?? '';
  t.is(decodeURIComponent(later), 'WorkflowType = "latePaymentWorkflow" AND OrderCustomer = "7"');
});

test('an order is found by its reference, and its details name what it costs beside its items', async (t) => {
  const { workflows, client } = startClient(t);
  const order = createOrder();
  const adjustments = [
    { kind: 'shipping', label: 'Parcel <b>*fast*</b>', amount: 490 },
    { kind: 'discount', label: '[10 %](http://x)', amount: -250 },
    { kind: 'tax', label: 'VAT', amount: 399, included: true },
  ] as const;
  await workflows.startOrder({ ...inputOf(order), items: order.items, adjustments, reference: 'A-1001/鞋' });
  const { typedSearchAttributes, staticDetails } = await describe(client, `order:${order.orderId}`);
  t.is(typedSearchAttributes.get(orderReferenceKey), 'A-1001/鞋');
  const lines = (staticDetails ?? '').split('\n');
  t.deepEqual(lines.slice(-3), [
    String.raw`- shipping, Parcel \<b\>\*fast\*\</b\>: 4.90 EUR`,
    String.raw`- discount, \[10 %](http\://x): -2.50 EUR`,
    '- tax, VAT: 3.99 EUR, included in the prices',
  ]);
});

test('an order with the longest lines and adjustments of all starts', async (t) => {
  const { workflows, client } = startClient(t);
  const order = createOrder();
  const long = '\u{1f45f}'.repeat(100);
  const items = Array.from({ length: 100 }, (_, n) => ({
    sku: `${n}${long.slice(0, 124)}`,
    quantity: 1_000_000,
    unitPrice: 1,
  }));
  const adjustments = Array.from({ length: 50 }, () => ({ kind: 'shipping', label: long, amount: 1_000_000_000_000 }));
  t.is(await workflows.startOrder({ ...inputOf(order), items, adjustments }), 'started');
  const { staticDetails } = await describe(client, `order:${order.orderId}`);
  t.regex(staticDetails ?? '', /^- and 35 adjustments more$/m);
});

test('the details of an order that costs nothing ask for no payment', async (t) => {
  const { workflows, client } = startClient(t);
  const order = createOrder();
  await workflows.startOrder({ ...inputOf(order), amount: 0 });
  const { staticDetails } = await describe(client, `order:${order.orderId}`);
  t.regex(staticDetails ?? '', /\*\*0\.00 EUR\*\*, and nothing is to pay\./);
});

test('an order of a thousand lines starts, and the timeline names the first lines', async (t) => {
  const { workflows, client } = startClient(t);
  const order = createOrder();
  const items = Array.from({ length: 1_000 }, (_, n) => ({ sku: `${n}`.padStart(64, 'x'), quantity: 1, unitPrice: 1 }));
  t.is(await workflows.startOrder({ ...inputOf(order), items }), 'started');
  const { staticDetails } = await describe(client, `order:${order.orderId}`);
  t.regex(staticDetails ?? '', /^- and 950 lines more$/m);
});

test('an order whose message has a SKU that no catalogue can contain is started', async (t) => {
  const { workflows, client } = startClient(t);
  const order = createOrder();
  const items = [{ sku: '鞋'.repeat(10_000), quantity: 1, unitPrice: 1 }];
  t.is(await workflows.startOrder({ ...inputOf(order), items }), 'started');
  const { staticSummary } = await describe(client, `order:${order.orderId}`);
  t.is(staticSummary, `1 × ${'鞋'.repeat(63)}… for 25.00 EUR, customer 7`);
});

test('a late payment has a link to its order, and is found by the customer of the order', async (t) => {
  const { workflows, client } = startClient(t);
  const { orderId } = createOrder();
  const paymentId = `pay_${orderId}`;
  await workflows.startLatePayment({ orderId, paymentId, userId: 7 });
  const { typedSearchAttributes, staticDetails } = await describe(client, `payment:${paymentId}`);
  t.is(typedSearchAttributes.get(orderCustomerKey), '7');
  t.true(staticDetails?.includes(`(/namespaces/default/workflows/order%3A${orderId})`));
});

test('an order with a user id beyond 2^53 is started', async (t) => {
  const { workflows } = startClient(t);
  t.is(await workflows.startOrder({ ...inputOf(createOrder()), userId: '9223372036854775807' }), 'started');
});

for (const customer of ['ann+shop@example.org', '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10', "o'neil (*c*)", '客户 7']) {
  test(`an order and its late payments are found by the customer ${customer}`, async (t) => {
    const { workflows, client } = startClient(t);
    const order = createOrder();
    const paymentId = `pay_${order.orderId}`;
    await workflows.startOrder({ ...inputOf(order), userId: `${customer} ${order.orderId.slice(0, 8)}` });
    await workflows.startLatePayment({ ...order, paymentId, userId: `${customer} ${order.orderId.slice(0, 8)}` });
    const { typedSearchAttributes, staticDetails } = await describe(client, `order:${order.orderId}`);
    t.is(typedSearchAttributes.get(orderCustomerKey), `${customer} ${order.orderId.slice(0, 8)}`);
    const later = /\?query=(?<query>[^)]+)\)/.exec(staticDetails ?? '')?.groups?.query ?? '';
    const search = async () => {
      const found: string[] = [];
      for await (const { workflowId } of client.workflow.list({ query: decodeURIComponent(later) }))
        found.push(workflowId);
      return found;
    };
    const found = await until('the late payment to be found', search, (ids) => ids.length > 0);
    t.deepEqual(found, [`payment:${paymentId}`]);
  });
}

test('the details of an order show a customer whose id is Markdown as text', async (t) => {
  const { workflows, client } = startClient(t);
  const order = createOrder();
  const userId = String.raw`[a](http://x) <b> "\``;
  await workflows.startOrder({ ...inputOf(order), userId });
  const { typedSearchAttributes, staticDetails } = await describe(client, `order:${order.orderId}`);
  t.is(typedSearchAttributes.get(orderCustomerKey), userId);
  t.true(staticDetails?.includes(String.raw`of customer \[a](http\://x) \<b\> "\\\`: **25.00 EUR**`), staticDetails);
});

test('the order of a guest has no customer', async (t) => {
  const { workflows, client } = startClient(t);
  const order = createOrder();
  await workflows.startOrder({ ...inputOf(order), userId: null });
  const { typedSearchAttributes, staticSummary, staticDetails } = await describe(client, `order:${order.orderId}`);
  t.is(typedSearchAttributes.get(orderCustomerKey), undefined);
  t.is(staticSummary, '25.00 EUR, a guest');
  t.regex(staticDetails ?? '', /of a guest: \*\*25\.00 EUR\*\*, to be paid until [^[]*$/m);
});

test('the summary of an order with the longest texts of all is cut to what Temporal takes', async (t) => {
  const { workflows, client } = startClient(t);
  const order = createOrder();
  const items = Array.from({ length: 3 }, () => ({ sku: '鞋'.repeat(64), quantity: 1_000_000, unitPrice: 1 }));
  await workflows.startOrder({ ...inputOf(order), items, userId: '\u{1f9e6}'.repeat(64) });
  const { staticSummary } = await describe(client, `order:${order.orderId}`);
  t.regex(staticSummary ?? '', /, customer (\u{1f9e6})+…$/u);
});

async function describe(client: Client, workflowId: string) {
  const description = await client.workflow.getHandle(workflowId).describe();
  const [staticSummary, staticDetails] = [await description.staticSummary(), await description.staticDetails()];
  return { ...description, staticSummary, staticDetails };
}

const signals = {
  requestCancel: {
    ask: (workflows: OrderWorkflows, order: ReturnType<typeof createOrder>) =>
      workflows.requestCancel(order, { reason: 'customer-request' }),
    done: 'requested',
    signal: 'cancelRequested',
  },
  reportPayment: {
    ask: (workflows: OrderWorkflows, order: ReturnType<typeof createOrder>) =>
      workflows.reportPayment(order, { paymentId: 'pay-1' }),
    done: 'reported',
    signal: 'paymentReceived',
  },
} as const;

for (const [name, { ask, done, signal }] of Object.entries(signals)) {
  test(`${name} signals the workflow that runs`, async (t) => {
    const { workflows, signalsOf } = startClient(t);
    const order = createOrder();
    await workflows.startOrder(inputOf(order));
    t.is(await ask(workflows, order), done);
    t.deepEqual(await signalsOf(order), [signal]);
  });

  test(`${name} starts the workflow when the order's message is still in the queue`, async (t) => {
    const { workflows, signalsOf } = startClient(t);
    const order = createOrder();
    t.is(await ask(workflows, order), done);
    t.deepEqual(await signalsOf(order), [signal]);
    t.is(await workflows.startOrder(inputOf(order)), 'already-started');
  });

  test(`${name} of an order that has ended starts no workflow`, async (t) => {
    const { workflows, signalsOf, end } = startClient(t);
    const order = createOrder();
    await workflows.startOrder(inputOf(order));
    await end(order);
    t.is(await ask(workflows, order), 'ended');
    t.deepEqual(await signalsOf(order), []);
  });
}

for (const [what, start, id] of [
  ['late payment', 'startLatePayment', 'payment:'],
  ['refund', 'startRefund', 'refund:'],
] as const) {
  test(`a ${what} is started once by its payment`, async (t) => {
    const { workflows, client } = startClient(t);
    const payment = { orderId: randomUUID(), paymentId: `pay-${randomUUID()}` };
    t.is(await workflows[start](payment), 'started');
    t.is(await workflows[start](payment), 'already-started');
    t.is((await client.workflow.getHandle(`${id}${payment.paymentId}`).describe()).status.name, 'RUNNING');
  });

  test(`a ${what} that has completed is started again while the database needs it`, async (t) => {
    const { workflows, complete } = startClient(t);
    const payment = { orderId: randomUUID(), paymentId: `pay-${randomUUID()}` };
    await workflows[start](payment);
    await complete(`${id}${payment.paymentId}`);
    t.is(await workflows[start](payment), 'started');
  });

  test(`a ${what} that failed may be started again`, async (t) => {
    const { workflows, client } = startClient(t);
    const payment = { orderId: randomUUID(), paymentId: `pay-${randomUUID()}` };
    await workflows[start](payment);
    await client.workflow.getHandle(`${id}${payment.paymentId}`).terminate('by the test');
    t.is(await workflows[start](payment), 'started');
  });
}

const outage = async (work: Promise<unknown>): Promise<boolean> => await work.then(() => false, isUnavailable);

/** A port that was free a moment ago, so that no server answers there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('each call ends as an outage when Temporal does not answer', async (t) => {
  const { workflows } = startClient(t, { address: `127.0.0.1:${await freePort()}` });
  const [order, payment] = [createOrder(), { orderId: randomUUID(), paymentId: 'pay-1' }];
  const outages = await Promise.all([
    outage(workflows.startOrder(inputOf(order))),
    outage(workflows.requestCancel(order, { reason: 'customer-request' })),
    outage(workflows.reportPayment(order, payment)),
    outage(workflows.startLatePayment(payment)),
    outage(workflows.startRefund(payment)),
  ]);
  t.deepEqual(outages, [true, true, true, true, true]);
});

test('the outage names the reason when Temporal does not answer', async (t) => {
  const { workflows } = startClient(t, { address: `127.0.0.1:${await freePort()}` });
  await t.throwsAsync(workflows.startOrder(inputOf(createOrder())), {
    message: /^Temporal is not available: .*ECONNREFUSED/,
  });
});

test('the same client works again after an outage', async (t) => {
  const gate = await createGate(t, `http://${temporal.address}`);
  const { workflows } = startClient(t, { address: new URL(gate.url).host });
  gate.refuse(true);
  t.true(await outage(workflows.startOrder(inputOf(createOrder()))));
  gate.refuse(false);
  const answer = await until(
    'a start',
    () => workflows.startOrder(inputOf(createOrder())).catch(() => 'outage'),
    isStarted,
  );
  t.is(answer, 'started');
});

const isStarted = (answer: string): boolean => answer === 'started';

test('a namespace that does not exist yet is an outage', async (t) => {
  const { workflows } = startClient(t, { namespace: 'not-there-yet' });
  t.true(await outage(workflows.startOrder(inputOf(createOrder()))));
  t.true(await outage(workflows.requestCancel(createOrder(), { reason: 'customer-request' })));
});

test('a call that Temporal refuses as invalid is no outage', async (t) => {
  const client = createClient({ address: temporal.address, namespace: temporal.namespace });
  t.teardown(() => client.connection.close());
  const workflows = createOrderWorkflows(client, { taskQueue: `${taskQueue()}${'x'.repeat(2_000)}` });
  const error = await t.throwsAsync(workflows.startOrder(inputOf(createOrder())));
  t.false(isUnavailable(error));
});
