import test from 'ava';
import { storeReport } from '../../../src/db/reports/store-report.js';
import { unavailable } from '../../../src/domain/errors.js';
import type { LedgerReference, PaymentLedger } from '../../../src/domain/ledger.js';
import { reconcileLedger } from '../../../src/process/reconcile-ledger.js';
import { count } from '../../helpers/database.js';
import { always, shopWithProvider } from '../../helpers/ledger.js';

/** What the reconciliation asks the ledger of a provider, and what stays of it when the provider goes away. */

const none = () => Promise.reject(new Error('no payment is missing'));

test('the provider is asked only about refunds and disputes that differ, several at the same time', async (t) => {
  const { pool, provider, there, here, sold, sendBack, reconcile } = await shopWithProvider(t);
  const { orderId, paymentId } = await sold();
  await sendBack(orderId, 100);
  await here.refunded(await there.refund(paymentId, 200));
  await here.disputed({ ...(await there.dispute(paymentId, 50)), paymentId });
  const lost = [];
  for (let n = 0; n < 3; n++) lost.push((await there.refund(paymentId, 10)).refundId);
  const asked: LedgerReference[] = [];
  let [running, most] = [0, 0];
  const of: PaymentLedger['of'] = async (reference) => {
    asked.push(reference);
    most = Math.max(most, ++running);
    const state = await provider.ledger.of(reference);
    running--;
    return state;
  };
  const dryRun = () =>
    reconcileLedger(pool, { ...provider, ledger: { ...provider.ledger, of } }, always(), undefined, none);
  const found = await dryRun();
  t.deepEqual(found?.map(({ id }) => id).toSorted(), lost.toSorted());
  t.deepEqual(asked.map(({ id }) => id).toSorted(), lost.toSorted());
  t.is(most, 3);
  await reconcile();
  t.deepEqual(await dryRun(), []);
  t.is(asked.length, 3);
});

test('a provider that goes away behind the first page ends the reconciliation, and what it has found stays', async (t) => {
  const { pool, provider, there, sold } = await shopWithProvider(t);
  const { paymentId } = await sold();
  for (let n = 0; n < 120; n++) await there.refund(paymentId, 1);
  async function* list(...[span]: Parameters<PaymentLedger['list']>) {
    let left = 110;
    for await (const entry of provider.ledger.list(span)) {
      if (left-- === 0) throw unavailable('the payment provider', new Error('it answered 410'));
      yield entry;
    }
  }
  const away = { ...provider, ledger: { ...provider.ledger, list } };
  const report = (one: Parameters<typeof storeReport>[1]) => storeReport(pool, one);
  await t.throwsAsync(reconcileLedger(pool, away, always(), report, none), { message: /it answered 410/ });
  t.is(await count(pool, 'order_refunds'), 99);
  t.is((await reconcileLedger(pool, provider, always(), report, none))?.length, 21);
});
