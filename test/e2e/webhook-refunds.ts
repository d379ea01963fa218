import { WorkflowNotFoundError } from '@temporalio/client';
import anyTest, { type TestFn } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { buyOne, charge, metric, untilStatus } from '../helpers/payments.js';
import type { System } from '../helpers/system.js';

/** Refunds while the payment provider fails. */

const test = anyTest as TestFn<{ system: System }>;

async function failRefunds({ providerUrl }: System, failNext: number, when = 'before'): Promise<void> {
  const { status } = await fetch(`${providerUrl}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refunds: { failNext, status: 503, when } }),
  });
  if (status !== 200) throw new Error(`the provider answered ${status}`);
}

/** The attempts and the last failure of the pending refund of an order's workflow, as the Web UI shows them. */
function unlessNotFound(error: unknown): undefined {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}

async function refundTries({ temporal }: System, orderId: string): Promise<{ attempt: number; failure: string }> {
  // Its message may still be on its way.
  const run = await temporal.workflow.getHandle(orderWorkflowId(orderId)).describe().catch(unlessNotFound);
  const pending = run?.raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'refundPayment');
  return { attempt: pending?.attempt ?? 0, failure: pending?.lastFailure?.message ?? '' };
}

const owed = /^orders_refunds_owed\{/;
const oldest = /^orders_refunds_owed_oldest_seconds\{/;

test.serial(
  'a refund that fails is visible in the order, the metrics and the audit until a retry succeeds, and is made once',
  async (t) => {
    const { system } = t.context;
    const order = await buyOne(system.customers);
    await failRefunds(system, 10_000);
    const paymentId = await charge(system, order, { amount: 1 });
    await untilStatus(system, paymentId, 'refund_required');

    t.like(await system.customers.look(order), { status: 'placed', refund: 'required' });
    const bridge = system.bridgeUrl();
    await until(
      'the bridge to show it',
      () => metric(bridge, owed),
      (count) => count === 1,
    );
    await until(
      'its age to grow',
      () => metric(bridge, oldest),
      (seconds) => seconds >= 1,
    );
    const { findings, open } = await system.audit();
    t.deepEqual(findings, [], 'nothing is broken');
    t.deepEqual(
      open.map(({ subject }) => subject),
      [`payment ${paymentId}`],
    );
    t.regex(open[0]?.detail ?? '', /^1 EUR for order .* \(amount-mismatch\), owed by standard-webhooks for \d+ s$/);
    const tries = await until(
      'three tries',
      () => refundTries(system, order.orderId),
      ({ attempt }) => attempt >= 3,
    );
    t.regex(tries.failure, /the payment provider is not available: it answered 503/);

    await charge(system, order);
    await until(
      'the right payment to be accepted meanwhile',
      () => system.customers.look(order),
      ({ status }) => status === 'paid',
    );
    t.is((await system.customers.look(order)).refund, 'required');

    await failRefunds(system, 0);
    await untilStatus(system, paymentId, 'refunded');
    t.is((await system.customers.payment(paymentId)).refunds.length, 1);
    t.is((await system.customers.look(order)).refund, 'refunded');
    await until(
      'the bridge to show none',
      () => metric(bridge, owed),
      (count) => count === 0,
    );
    await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
  },
);

test.serial('a refund whose answer is lost is requested again, and made once', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  await failRefunds(system, 2, 'after');
  const paymentId = await charge(system, order, { currency: 'USD' });
  await untilStatus(system, paymentId, 'refunded');
  const { refunds } = await system.customers.payment(paymentId);
  t.is(refunds.length, 1);
  const [row] = (await system.pool.query('SELECT refund_id FROM payments WHERE payment_id = ?', [paymentId]))[0] as [
    { refund_id: string },
  ];
  t.is(refunds[0]?.refundId, row.refund_id);
  await charge(system, order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
});

test.serial('a refund is made after the worker that tried the refund has died', async (t) => {
  const { system } = t.context;
  const order = await buyOne(system.customers);
  await failRefunds(system, 10_000);
  const paymentId = await charge(system, order, { amount: 1 });
  await until(
    'a try',
    () => refundTries(system, order.orderId),
    ({ attempt }) => attempt >= 1,
  );
  await system.kill('worker');
  await failRefunds(system, 0);
  await system.start('worker');
  await untilStatus(system, paymentId, 'refunded');
  t.is((await system.customers.payment(paymentId)).refunds.length, 1);
  await charge(system, order);
  await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
});
