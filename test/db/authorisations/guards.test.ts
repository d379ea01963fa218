import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { markCaptureFailed } from '../../../src/db/authorisations/outcomes.js';
import { startClosing } from '../../../src/db/begun/outcomes.js';
import { inTransaction } from '../../../src/db/driver/transaction.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { takeMoney } from '../../../src/db/refunds/refundable.js';
import { authorisingShop, booked } from '../../helpers/authorised.js';
import { rows } from '../../helpers/database.js';

/** Each guarded statement alone, without the code that comes before it, and each rule of the tables. */

test('no money goes back of a payment beyond what was captured, also after a wrong decision', async (t) => {
  const { pool, worker, authorised } = await authorisingShop(t);
  const { reference, amount, authorisation } = await authorised();
  await createSettlements(pool).receive(authorisation);
  const take = () => inTransaction(pool, (transaction) => takeMoney(transaction, reference, amount));
  await t.throwsAsync(take(), { message: /has no 1250 left/ });
  await worker.capturePayment(reference);
  await take();
  await t.throwsAsync(take(), { message: /has no 1250 left/ });
});

test('a refusal of an earlier attempt, or behind the capture, fails no capture', async (t) => {
  const { pool, worker, authorised } = await authorisingShop(t);
  const { orderId, reference: paymentId, authorisation } = await authorised();
  await createSettlements(pool).receive(authorisation);
  await markCaptureFailed(pool, { paymentId, orderId }, 1, 'of another attempt');
  t.like(await booked(pool, paymentId), { state: 'authorised' });
  await worker.capturePayment(paymentId);
  await markCaptureFailed(pool, { paymentId, orderId }, 0, 'too late');
  t.like(await booked(pool, paymentId), { state: 'captured', failure: null });
});

test('a payment that an authorisation has paid does not begin to close', async (t) => {
  const { pool, authorised } = await authorisingShop(t);
  const { orderId, authorisation } = await authorised();
  const begun = async () =>
    (await rows(pool, 'SELECT begun_id, state, closing FROM begun_payments WHERE order_id = ?', [orderId]))[0];
  const begunId = String((await begun())?.['begun_id']);
  await createSettlements(pool).receive(authorisation);
  t.false(await startClosing(pool, { begunId }));
  t.like(await begun(), { state: 'paid', closing: 0 });
});

test('an authorisation cannot contradict itself', async (t) => {
  const { pool, authorised } = await authorisingShop(t);
  const { authorisation } = await authorised();
  await createSettlements(pool).receive(authorisation);
  const refused: readonly (readonly [change: string, rule: RegExp])[] = [
    ["state = 'captured'", /authorisation_ended/],
    ['ended_at = UTC_TIMESTAMP(3)', /authorisation_ended/],
    ["state = 'failed', ended_at = UTC_TIMESTAMP(3)", /authorisation_failed_why/],
    ["payment_id = 'x'", /authorisation_has_payment/],
  ];
  for (const [change, message] of refused) {
    await t.throwsAsync(pool.query(`UPDATE authorisations SET ${change}`), { message }, change);
  }
});

test('the audit names each authorisation that does not fit its payment', async (t) => {
  const { pool, authorised } = await authorisingShop(t);
  const { authorisation } = await authorised();
  await createSettlements(pool).receive(authorisation);
  t.deepEqual(await auditDatabase(pool, 0), []);
  const broken: readonly (readonly [change: string, back: string, detail: RegExp])[] = [
    ['payments SET uncaptured_amount = 0', 'payments SET uncaptured_amount = amount', /0 of it is not captured/],
    ["payments SET status = 'closed'", "payments SET status = 'accepted'", /is closed, 1250 of it is not captured/],
    [
      "authorisations SET state = 'voided', ended_at = authorised_at",
      "authorisations SET state = 'authorised', ended_at = NULL",
      /authorisation is voided/,
    ],
    [
      "authorisations SET state = 'closed', ended_at = authorised_at",
      "authorisations SET state = 'authorised', ended_at = NULL",
      /no person has said why/,
    ],
    ['payments SET returned_amount = 1', 'payments SET returned_amount = 0', /says that 1 went or goes back/],
  ];
  for (const [change, back, detail] of broken) {
    await pool.query(`UPDATE ${change}`);
    const found = await auditDatabase(pool, 0);
    t.true(
      found.some((finding) => finding.invariant === 'I6' && detail.test(finding.detail)),
      `${change}: ${JSON.stringify(found)}`,
    );
    await pool.query(`UPDATE ${back}`);
  }
  t.deepEqual(await auditDatabase(pool, 0), []);
});
