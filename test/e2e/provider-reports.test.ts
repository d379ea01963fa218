import anyTest, { type ExecutionContext, type TestFn } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { rows } from '../helpers/database.js';
import { refundOf } from '../helpers/refunds.js';
import { product, type System, startSystem } from '../helpers/system.js';

/** What happens at the provider after a payment, over HTTP and with the real processes. */

const test = anyTest as TestFn<{ system: System }>;

test.before(async (t) => {
  t.context.system = await startSystem([product('mug', 100)]);
});

test.after.always(async (t) => {
  const { findings, open } = await t.context.system.audit();
  await t.context.system.close();
  t.deepEqual({ findings, open }, { findings: [], open: [] }, 'the audit after all of it');
});

async function paid(t: ExecutionContext<{ system: System }>) {
  const { customers, observer } = t.context.system;
  const { body } = await customers.buy(1, [{ sku: 'mug', quantity: 2 }]);
  const paymentId = await customers.pay(body);
  await observer.ended(body.orderId, { status: 'paid', movement: 'sold' });
  return { ...body, paymentId };
}

async function atProvider({ providerUrl }: System, path: string, body: object) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${providerUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer.status !== 201) throw new Error(`${path} was answered ${answer.status}`);
  return (await answer.json()) as Record<string, string>;
}

const refundsIn = async ({ shopUrl }: System, { orderId, readToken }: { orderId: string; readToken: string }) => {
  const answer = await fetch(`${shopUrl}/orders/${orderId}`, { headers: { authorization: `Bearer ${readToken}` } });
  return ((await answer.json()) as { refunds: { amount: number; state: string }[] }).refunds;
};

const metric = async ({ bridgeUrl }: System, name: string) => {
  const text = await (await fetch(`${bridgeUrl()}/metrics`)).text();
  return new RegExp(`^${name}{.*} (\\d+)$`, 'm').exec(text)?.[1];
};

test('a refund in the dashboard is in the order, and a refund of ours that fails days later waits for a person', async (t) => {
  const { system } = t.context;
  const order = await paid(t);
  await atProvider(system, `/payments/${order.paymentId}/refunds`, { amount: 300 });
  t.like(await refundsIn(system, order), [{ amount: 300, state: 'refunded' }]);
  const { refundId } = await refundOf(system.pool, order.orderId, { amount: 200 });
  const made = () =>
    rows(system.pool, 'SELECT state, provider_refund_id FROM order_refunds WHERE refund_id = ?', [refundId]);
  const [refund] = await until('the refund to be made', made, ([row]) => row?.['state'] === 'refunded');
  await atProvider(system, `/refunds/${refund?.['provider_refund_id']}/fail`, { failure: 'account closed' });
  t.like(await refundsIn(system, order), [{ state: 'refunded' }, { amount: 200, state: 'failed' }]);
  await until(
    'the metric of failed refunds',
    () => metric(system, 'orders_refunds_failed'),
    (value) => value === '1',
  );
  await system.pool.query(
    "UPDATE order_refunds SET state = 'required', attempt = 1, failure = NULL WHERE refund_id = ?",
    [refundId],
  );
  await until('the refund to be made again', made, ([row]) => row?.['state'] === 'refunded');
});

test('a dispute is counted while it is open, and what it takes leaves nothing to refund', async (t) => {
  const { system } = t.context;
  const order = await paid(t);
  const { disputeId } = await atProvider(system, `/payments/${order.paymentId}/disputes`, { reason: 'fraudulent' });
  await until(
    'the metric of disputes',
    () => metric(system, 'orders_disputes_open'),
    (value) => value === '1',
  );
  t.true((await system.audit()).open.some(({ subject }) => subject === `dispute ${disputeId}`));
  await atProvider(system, `/disputes/${disputeId}/close`, { outcome: 'lost' });
  await until(
    'the dispute to be closed',
    () => metric(system, 'orders_disputes_open'),
    (value) => value === '0',
  );
  const sums = 'SELECT amount - returned_amount AS nothing_left FROM payments WHERE payment_id = ?';
  t.deepEqual(await rows(system.pool, sums, [order.paymentId]), [{ nothing_left: 0 }]);
});
