import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { showPayment } from '../../../src/db/payments/payment-list.js';
import { reconcilePayments } from '../../../src/process/reconcile-payments.js';
import { archiveAll, deliverEverything, sizes } from '../../helpers/archive.js';
import { authorisingShop, booked } from '../../helpers/authorised.js';
import { makeAllDue } from '../../helpers/begun.js';
import { rows } from '../../helpers/database.js';

/** Authorisations and captures that no webhook has reported. */

const span = () => ({ since: new Date(Date.now() - 60_000), until: new Date(Date.now() + 60_000) });

test('an authorisation that no webhook reports is found by the sweep, and the late webhook changes nothing', async (t) => {
  const { pool, desk, authorised } = await authorisingShop(t);
  const { reference, authorisation } = await authorised();
  await makeAllDue(pool);
  t.is(await desk.sweep(), 1);
  t.like(await booked(pool, reference), { status: 'accepted', state: 'authorised' });
  t.is((await createSettlements(pool).receive(authorisation)).as, 'stored');
  t.is((await rows(pool, 'SELECT 1 FROM payments')).length, 1);
  t.deepEqual(await auditDatabase(pool, 0), []);
});

test('a comparison with the provider finds authorisations and captures, and names none that was voided', async (t) => {
  const { pool, provider, worker, authorised, at, token, providerUrl } = await authorisingShop(t);
  const { receive, settle } = createSettlements(pool);
  const reconcile = () => reconcilePayments({ pool, receive }, provider, span());
  const { reference, amount, currency } = await authorised();
  t.like(await reconcile(), { listed: 1, found: [{ paymentId: reference, result: 'accepted' }], different: [] });
  t.like(await booked(pool, reference), { state: 'authorised' });
  t.like(await reconcile(), { listed: 1, ours: 1, found: [], different: [] });

  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    'idempotency-key': 'by hand',
  };
  const body = JSON.stringify({ amount: amount - 50, currency });
  await fetch(`${providerUrl}/payments/${reference}/capture`, { method: 'POST', headers, body });
  t.like(await reconcile(), { found: [{ paymentId: reference, result: 'accepted' }], different: [] });
  t.like(await booked(pool, reference), { state: 'captured', uncaptured: 50 });

  const canceled = await authorised();
  await settle(canceled.orderId, { kind: 'cancel', reason: 'customer-request' });
  await receive(canceled.authorisation);
  await worker.refundPayment(canceled.reference);
  const failed = await authorised();
  await receive(failed.authorisation);
  await at(`/payments/${failed.reference}/expire`);
  await worker.capturePayment(failed.reference);
  t.like(await reconcile(), { found: [], different: [] });
  t.deepEqual(await auditDatabase(pool, 60), []);
});

test('an order with a capture that is owed or refused stays in the shop, and one that is captured comes back from the archive', async (t) => {
  const { pool, worker, authorised, at } = await authorisingShop(t);
  const { receive } = createSettlements(pool);
  const [captured, failed] = [await authorised(), await authorised()];
  for (const { authorisation } of [captured, failed]) await receive(authorisation);
  await deliverEverything(pool);
  t.deepEqual(await archiveAll(pool), [], 'both captures are owed');
  await worker.capturePayment(captured.reference);
  await at(`/payments/${failed.reference}/expire`);
  await worker.capturePayment(failed.reference);
  await deliverEverything(pool);
  t.deepEqual(await archiveAll(pool), [captured.orderId]);
  t.like(await showPayment(pool, captured.reference), { authorisation: { state: 'captured' } });
  t.deepEqual(await worker.capturePayment(captured.reference), { captured: captured.amount });
  t.is(Number((await sizes(pool, 'archive'))['authorisations']), 1);
  const { orderId, reference, amount, currency } = captured;
  const again = { ...captured.authorisation, eventId: 'another', orderId, paymentId: reference, amount, currency };
  t.is((await receive(again)).as, 'stored');
  t.like(await booked(pool, reference), { status: 'accepted', state: 'captured', uncaptured: 0 });
  t.deepEqual(await auditDatabase(pool, 0, { ofArchive: 'all' }), []);
});
