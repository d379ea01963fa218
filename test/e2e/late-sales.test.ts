import anyTest, { type TestFn } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { product, type System, startSystem } from '../helpers/system.js';

/** A payment after the window buys a successor, over HTTP and with the real processes. */

const test = anyTest as TestFn<{ system: System }>;

test.before(async (t) => {
  const settings = { LATE_PAYMENTS: 'sell-if-available', PAYMENT_WINDOW: '1 second' };
  t.context.system = await startSystem([product('mug', 10), product('last', 1)], settings);
});

test.after.always(async (t) => {
  const { findings, open } = await t.context.system.audit();
  await t.context.system.close();
  t.deepEqual({ findings, open }, { findings: [], open: [] }, 'the audit after all of it');
});

async function expired({ customers, observer }: System, sku: string) {
  const { body } = await customers.buy(1, [{ sku, quantity: 1 }]);
  await observer.ended(body.orderId, { status: 'canceled', movement: 'released' });
  return body;
}

const read = async ({ shopUrl }: System, path: string, readToken: string) => {
  const answer = await fetch(`${shopUrl}${path}`, { headers: { authorization: `Bearer ${readToken}` } });
  return (await answer.json()) as Record<string, unknown> & { links: Record<string, string> };
};

test('the canceled order names its successor, which is paid, has a workflow, and is read by the same token', async (t) => {
  const { system } = t.context;
  const order = await expired(system, 'mug');
  await system.customers.pay(order);
  const first = await read(system, `/orders/${order.orderId}`, order.readToken);
  t.like(first, { status: 'canceled', refund: 'none', succeeds: null });
  const second = await read(system, String(first.links['successor']), order.readToken);
  t.like(second, { orderId: first['successor'], status: 'paid', succeeds: order.orderId, successor: null });
  t.is(second.links['succeeds'], `/orders/${order.orderId}`);
  await system.observer.ended(String(second['orderId']), { status: 'paid', movement: 'sold' });
  const state = await until(
    'the workflow of the successor to end',
    () => system.temporal.workflow.getHandle(orderWorkflowId(String(second['orderId']))).describe(),
    ({ status }) => status.name === 'COMPLETED',
  );
  t.is(state.status.name, 'COMPLETED');
});

test('a late payment goes back where another customer has bought the last unit', async (t) => {
  const { system } = t.context;
  const order = await expired(system, 'last');
  const { body: other } = await system.customers.buy(2, [{ sku: 'last', quantity: 1 }]);
  await system.customers.pay(other);
  await system.observer.ended(other.orderId, { status: 'paid', movement: 'sold' });
  const paymentId = await system.customers.pay(order);
  await system.observer.refunded(paymentId);
  t.like(await read(system, `/orders/${order.orderId}`, order.readToken), { successor: null, refund: 'refunded' });
});
