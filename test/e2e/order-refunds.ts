import anyTest, { type TestFn } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { orderRefundWorkflowId } from '../../workflows/contract.js';
import { stockOf } from '../helpers/database.js';
import { asOperator } from '../helpers/operator.js';
import { charge } from '../helpers/payments.js';
import type { System } from '../helpers/system.js';

const test = anyTest as TestFn<{ system: System }>;

interface Shown {
  readonly refund: string;
  readonly refunds: readonly { readonly refundId: string; readonly state: string; readonly amount: number }[];
}

test('a paid order is refunded by amount and by lines: the provider refunds each part once, and Temporal shows it', async (t) => {
  const { system } = t.context;
  const order = (await system.customers.buy(1, [{ sku: 'returned', quantity: 2 }])).body;
  const ask = asOperator(system.adminUrl);
  const refund = (body: object) => ask('POST', `/orders/${order.orderId}/refunds`, body);
  t.like(await refund({ all: true }), { status: 409, body: { orderStatus: 'placed' } });
  const paymentId = await charge(system, order);
  const scratched = await refund({ amount: 500, reason: 'scratched', by: 'ada' });
  t.like(scratched, { status: 201, body: { state: 'required', paymentId } });
  const back = await refund({ lines: [{ sku: 'returned', quantity: 1 }], restock: true });
  t.like(back, { status: 201, body: { amount: 1_250 } });
  t.like(await refund({ amount: 751 }), { status: 409, body: { refund: { paid: 2_500, left: 750, requested: 751 } } });
  t.deepEqual(await stockOf(system.pool, 'returned'), { available: 9, reserved: 0, sold: 2 });

  const shown = await until(
    'both parts to go back',
    async () => (await system.customers.look(order)) as unknown as Shown,
    ({ refunds }) => refunds.every(({ state }) => state === 'refunded'),
  );
  t.is(shown.refund, 'none');
  t.deepEqual(
    shown.refunds.map(({ amount }) => amount),
    [500, 1_250],
  );
  const answer = await fetch(`${system.providerUrl}/payments/${paymentId}`);
  const { refunds } = (await answer.json()) as { refunds: { amount: number }[] };
  t.deepEqual(
    refunds.map(({ amount }) => amount).toSorted((one, other) => one - other),
    [500, 1_250],
  );
  const workflow = system.temporal.workflow.getHandle(orderRefundWorkflowId(String(scratched.body['refundId'])));
  t.is(await (await workflow.describe()).staticSummary(), `Refund of 5.00 EUR of order ${order.orderId}`);
});
