import test from 'ava';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { compareLedger } from '../../../src/process/compare-ledger.js';
import { reconcilePayments } from '../../../src/process/reconcile-payments.js';
import { authorisingShop, booked } from '../../helpers/authorised.js';
import { always, differencesOf, sumsOf } from '../../helpers/ledger.js';

/** Authorised money in the comparison with the provider's ledger: what is captured counts, and nothing else. */

test('money that is only held is on no side, a captured part counts with this part, and what is voided counts as nothing', async (t) => {
  const { pool, provider, worker, authorised, at, captureThere } = await authorisingShop(t);
  const { receive, settle } = createSettlements(pool);
  const compare = async () => {
    const compared = await compareLedger(pool, provider, always());
    return [sumsOf(compared), differencesOf(compared), compared.inFlight];
  };
  const [part, whole, held, ended] = [await authorised(), await authorised(), await authorised(), await authorised()];
  for (const { authorisation } of [part, whole, held, ended]) await receive(authorisation);
  t.deepEqual(await compare(), [[], [], []]);

  await captureThere(part.reference, 400);
  await worker.capturePayment(part.reference);
  await worker.capturePayment(whole.reference);
  await at(`/payments/${ended.reference}/expire`);
  await worker.capturePayment(ended.reference);
  const canceled = await authorised();
  await settle(canceled.orderId, { kind: 'cancel', reason: 'customer-request' });
  await receive(canceled.authorisation);
  t.like(await booked(pool, canceled.reference), { status: 'refund_required', uncaptured: 1_250 });
  const closed = [[{ currency: 'EUR', paidIn: 1_650, sold: 1_650 }], [], []];
  t.deepEqual(await compare(), closed, 'a void that is owed is no refund in flight');
  await worker.refundPayment(canceled.reference);
  t.deepEqual(await compare(), closed);
});

test('a capture that our books do not have is a difference, which the reconciliation mends with the captured part', async (t) => {
  const { pool, provider, authorised, captureThere } = await authorisingShop(t);
  const { receive } = createSettlements(pool);
  const { reference, authorisation } = await authorised();
  await receive(authorisation);
  await captureThere(reference, 400);
  const compared = await compareLedger(pool, provider, always());
  t.deepEqual(differencesOf(compared), ['payment: 400 EUR there, nothing here']);
  t.regex(compared.differences[0]?.mend ?? '', /^orders payments reconcile /);
  await reconcilePayments({ pool, receive }, provider, always());
  const mended = await compareLedger(pool, provider, always());
  t.deepEqual([differencesOf(mended), sumsOf(mended)], [[], [{ currency: 'EUR', paidIn: 400, sold: 400 }]]);
});
