import test, { type ExecutionContext } from 'ava';
import { order, startShop, startSimulator } from './harness.js';

/** What happens to a payment without the shop: refunds in the dashboard, refunds that fail later, disputes. */

async function startPaid(t: ExecutionContext) {
  const shop = await startShop(t);
  const provider = await startSimulator(t, shop.url);
  await provider.post('/payments', { ...order, paymentId: 'pay_1' });
  const told = () => shop.received.slice(1).map(({ body }) => JSON.parse(body) as { type: string; data: object });
  return { ...provider, told };
}

const money = { paymentId: 'pay_1', currency: order.currency };

test('a refund in the dashboard takes what is left, and its webhook has no key', async (t) => {
  const { post, refund, payment, told } = await startPaid(t);
  t.is((await post('/payments/pay_1/refunds', { amount: 1_000 })).status, 201);
  t.is((await post('/payments/pay_1/refunds', { amount: 1_000 })).status, 410);
  t.like(await refund('key-1', { ...money, amount: 1_999 }), { status: 201, body: { amount: 999 } });
  t.is((await post('/payments/pay_2/refunds', {})).status, 404);
  t.is((await payment('pay_1')).refunds.length, 2);
  const [report, ...others] = told();
  t.deepEqual(others, []);
  t.like(report, { type: 'refund.succeeded', data: { ...money, amount: 1_000 } });
  t.false('key' in (report?.data ?? {}));
});

test('a refund that fails later is left to refund again, and its webhook has its key', async (t) => {
  const { post, refund, told } = await startPaid(t);
  const { refundId } = (await refund('key-1', { ...money, amount: 1_999 })).body;
  t.is((await post(`/refunds/${refundId}/fail`, { failure: 'account closed' })).status, 201);
  t.like(told()[0], {
    type: 'refund.failed',
    data: { refundId, key: 'key-1', failure: 'account closed', amount: 1_999 },
  });
  t.like(await refund('key-2', { ...money, amount: 1_999 }), { status: 201, body: { amount: 1_999 } });
  t.is((await post('/refunds/ref_unknown/fail', {})).status, 404);
});

test('a dispute is opened and closed once, and a webhook that is not wanted is lost', async (t) => {
  const { post, told } = await startPaid(t);
  const { disputeId } = (await post<{ disputeId: string }>('/payments/pay_1/disputes', { reason: 'unknown' })).body;
  await post(`/disputes/${disputeId}/close`, { outcome: 'lost' });
  t.like(told(), [
    { type: 'dispute.opened', data: { disputeId, ...money, amount: 1_999, reason: 'unknown' } },
    { type: 'dispute.closed', data: { disputeId, ...money, outcome: 'lost' } },
  ]);
  await post('/payments/pay_1/disputes', { webhook: false });
  t.is(told().length, 2);
  t.is((await post('/disputes/dis_unknown/close', { outcome: 'won' })).status, 404);
  t.is((await post(`/disputes/${disputeId}/close`, { outcome: 'drawn' })).status, 422);
});
