import test from 'ava';
import { until } from '../../../src/cli/story/until.js';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { createSettlements } from '../../../src/db/orders/settlements.js';
import { markRefunded } from '../../../src/db/payments/refunds.js';
import { compareLedger } from '../../../src/process/compare-ledger.js';
import { archiveAll, deliverEverything } from '../../helpers/archive.js';
import { placeOrder, product } from '../../helpers/database.js';
import { expiredOrder, lateSales } from '../../helpers/late-sales.js';
import { always, differencesOf, refundThere, shopWithProvider, sumsOf } from '../../helpers/ledger.js';
import { refundOf } from '../../helpers/refunds.js';
import { paymentEvent } from '../payment-events.js';

/** The ledger of the payment simulator, compared with our books. */

test('the ledger closes to the cent over sales, returns, late and unplaced money, refunds and disputes, archived too', async (t) => {
  const { pool, provider, there, here, sold, sendBack, compare } = await shopWithProvider(t);
  const orders = [];
  for (let n = 0; n < 8; n++) orders.push(await sold({ userId: n + 1 }));
  const [kept, partly, dashboard, won, lost, open, failed] = orders;
  if (!kept || !partly || !dashboard || !won || !lost || !open || !failed) return t.fail();
  await sendBack(partly.orderId, 300);
  await here.refunded(await there.refund(dashboard.paymentId, 450));
  for (const [{ paymentId }, outcome] of [
    [won, 'won'],
    [lost, 'lost'],
  ] as const) {
    const dispute = { ...(await there.dispute(paymentId)), paymentId };
    await here.disputed(dispute);
    await there.close(dispute.disputeId, outcome);
    await here.closed(dispute, outcome);
  }
  await here.disputed({ ...(await there.dispute(open.paymentId)), paymentId: open.paymentId });
  const bounced = await there.refund(failed.paymentId, 100);
  await here.refunded(bounced);
  await there.failRefund(bounced.refundId);
  await here.refundFailed(bounced);
  // A payment behind a cancel goes back; one of them has gone back already.
  for (const isBack of [true, false]) {
    const order = await placeOrder(pool);
    await settleOrder(pool, order.orderId, { kind: 'cancel', reason: 'customer-request' });
    const paymentId = await there.pay(order);
    await here.paid(paymentId, order);
    if (!isBack) continue;
    const made = await refundThere(provider, {
      key: `refund:${paymentId}`,
      paymentId,
      amount: 1_250,
      currency: 'EUR',
      reason: 'late',
    });
    await markRefunded(pool, paymentId, made.refundId);
  }
  const nowhere = { orderId: 'an-order-of-a-lost-day', amount: 77, currency: 'EUR' };
  await here.paid(await there.pay(nowhere), nowhere);
  // A late payment that buys has paid the successor.
  const late = await expiredOrder(pool);
  const latePayment = await there.pay(late);
  await createSettlements(pool, { lateSales }).receive(
    paymentEvent({ ...late, provider: provider.name, paymentId: latePayment }),
  );
  const expected = {
    currency: 'EUR',
    paidIn: 8 * 1_250 + 2 * 1_250 + 77 + 1_250,
    paidOut: 300 + 450 + 1_250 + 1_250 + 1_250,
    // Of eight sold and the late one: a part of two went back, and one was lost.
    sold: 9 * 1_250 - 300 - 450 - 1_250,
    // One payment goes back, one has no order, and one dispute is open.
    waiting: 1_250 + 77 - 1_250,
  };
  const closed = await compare();
  t.deepEqual(sumsOf(closed), [expected]);
  t.deepEqual(closed.differences, []);
  t.like(closed.inFlight, { length: 1, 0: { amount: 1_250 } });
  await deliverEverything(pool);
  await pool.query('UPDATE orders SET settled_at = settled_at - INTERVAL 30 DAY');
  t.true((await archiveAll(pool)).length >= 5);
  const archived = await compare();
  t.deepEqual([sumsOf(archived), archived.differences], [[expected], []]);
  t.deepEqual(await auditDatabase(pool, 60), []);
});

/** A moment behind all that has happened until now. */
async function nextMillisecond(): Promise<Date> {
  const now = Date.now();
  return new Date(
    await until(
      'the next millisecond',
      async () => Date.now(),
      (time) => time > now,
    ),
  );
}

const kinds: Readonly<
  Record<
    string,
    {
      /** Makes the two sides differ. */
      readonly make: (shop: Awaited<ReturnType<typeof shopWithProvider>>) => Promise<unknown>;
      readonly differs: string;
      /** Whether the command that the difference names closes the ledger. */
      readonly mended: boolean;
    }
  >
> = {
  'a payment whose webhook was lost': {
    make: async ({ pool, there }) => await there.pay(await placeOrder(pool)),
    differs: 'payment: 1250 EUR there, nothing here',
    mended: true,
  },
  'a payment that the provider does not have': {
    make: async ({ pool, here }) => await here.paid('pay_unknown', await placeOrder(pool)),
    differs: 'payment: nothing there, 1250 EUR here',
    mended: false,
  },
  'a payment of another amount': {
    make: async ({ pool, there, here }) => {
      const order = await placeOrder(pool);
      await here.paid(await there.pay(order), { ...order, amount: 1_249 });
    },
    differs: 'payment: 1250 EUR there, 1249 EUR here',
    mended: false,
  },
  'a payment in another currency': {
    make: async ({ pool, there, here }) => {
      const order = await placeOrder(pool);
      await here.paid(await there.pay(order), { ...order, currency: 'CHF' });
    },
    differs: 'payment: 1250 EUR there, 1250 CHF here',
    mended: false,
  },
  'a refund in the dashboard whose webhook was lost': {
    make: async ({ there, sold }) => await there.refund((await sold()).paymentId, 400),
    differs: 'refund: -400 EUR there, nothing here',
    mended: true,
  },
  'a refund that failed days later, whose webhook was lost': {
    make: async ({ there, sold, sendBack }) => await there.failRefund(await sendBack((await sold()).orderId, 400)),
    differs: 'refund: 0 EUR there, -400 EUR here',
    mended: true,
  },
  'a refund that the provider does not have': {
    make: async ({ pool, sold }) => {
      const { refundId } = await refundOf(pool, (await sold()).orderId, { amount: 400 });
      await pool.query(
        "UPDATE order_refunds SET state = 'refunded', provider_refund_id = 'ref_none', refunded_at = UTC_TIMESTAMP(3) WHERE refund_id = ?",
        [refundId],
      );
    },
    differs: 'refund: nothing there, -400 EUR here',
    mended: false,
  },
  'a refund of another amount': {
    make: async ({ pool, sold, sendBack }) => {
      await sendBack((await sold()).orderId, 400);
      await pool.query('UPDATE order_refunds SET refunded_amount = 399');
    },
    differs: 'refund: -400 EUR there, -399 EUR here',
    mended: false,
  },
  'a whole payment that went back by the dashboard': {
    make: async ({ there, here }) => {
      const nowhere = { orderId: 'nobody', amount: 900, currency: 'EUR' };
      const paymentId = await there.pay(nowhere);
      await here.paid(paymentId, nowhere);
      await there.refund(paymentId);
    },
    differs: 'refund: -900 EUR there, nothing here',
    mended: true,
  },
  'a dispute whose webhook was lost': {
    make: async ({ there, sold }) => await there.dispute((await sold()).paymentId),
    differs: 'dispute: -1250 EUR there, nothing here',
    mended: true,
  },
  'a dispute that was won, whose end no webhook has reported': {
    make: async ({ there, here, sold }) => {
      const { paymentId } = await sold();
      const dispute = { ...(await there.dispute(paymentId)), paymentId };
      await here.disputed(dispute);
      await there.close(dispute.disputeId, 'won');
    },
    differs: 'dispute: 0 EUR there, -1250 EUR here',
    mended: true,
  },
  'a lost dispute that the provider does not have': {
    make: async ({ here, sold }) => {
      const { paymentId } = await sold();
      await here.closed({ paymentId, disputeId: 'dis_none', amount: 1_250, currency: 'EUR' }, 'lost');
    },
    differs: 'dispute: nothing there, -1250 EUR here',
    mended: false,
  },
  'a dispute that is lost here and won there': {
    make: async ({ there, here, sold }) => {
      const { paymentId } = await sold();
      const dispute = { ...(await there.dispute(paymentId)), paymentId };
      await here.closed(dispute, 'lost');
      await there.close(dispute.disputeId, 'won');
    },
    differs: 'dispute: 0 EUR there, -1250 EUR here',
    mended: false,
  },
};

for (const [name, { make, differs, mended }] of Object.entries(kinds)) {
  test(`a difference is named beside money that agrees: ${name}`, async (t) => {
    const shop = await shopWithProvider(t);
    await shop.sold();
    await make(shop);
    const compared = await shop.compare();
    t.deepEqual(differencesOf(compared), [differs]);
    const [{ edge, ...sum } = { edge: 1, difference: 0 }] = compared.sums.filter(({ currency }) => currency === 'EUR');
    t.is(edge, 0);
    t.not(sum.difference, 0);
    const [{ mend } = { mend: '' }] = compared.differences;
    t.regex(
      mend,
      mended ? /^orders payments reconcile --since 20\S+Z --provider standard-webhooks$/ : /^orders payments show \S+$/,
    );
    await shop.reconcile();
    t.deepEqual(differencesOf(await shop.compare()), mended ? [] : [differs]);
  });
}

test('an open dispute counts where the provider has taken its money, and not where the provider takes it when it is lost', async (t) => {
  const { there, here, sold, compare } = await shopWithProvider(t);
  const [one, other] = [await sold(), await sold()];
  await here.disputed({ paymentId: one.paymentId, disputeId: 'dis_later', amount: 1_250, currency: 'EUR' });
  await here.disputed({ ...(await there.dispute(other.paymentId)), paymentId: other.paymentId });
  const compared = await compare();
  t.deepEqual(compared.differences, []);
  t.deepEqual(sumsOf(compared), [{ currency: 'EUR', paidIn: 2_500, paidOut: 1_250, sold: 2_500, waiting: -1_250 }]);
});

test('a refund that was asked for is in flight: not listed yet, and then not recorded yet', async (t) => {
  const { pool, provider, there, sold, compare } = await shopWithProvider(t);
  const { orderId, paymentId } = await sold();
  const { refundId } = await refundOf(pool, orderId, { amount: 200 });
  const asked = await compare();
  t.deepEqual(asked.differences, []);
  t.deepEqual(asked.inFlight, [{ id: refundId, amount: 200, currency: 'EUR', paymentId, orderId }]);
  const made = await refundThere(provider, {
    key: `refund:${refundId}`,
    paymentId,
    amount: 200,
    currency: 'EUR',
    reason: 'test',
  });
  const listed = await compare();
  t.deepEqual(listed.differences, []);
  t.like(listed.inFlight, { length: 1, 0: { id: refundId, listedAs: made.refundId } });
  t.deepEqual(sumsOf(listed), [{ currency: 'EUR', paidIn: 1_250, paidOut: 200, sold: 1_250, inFlight: -200 }]);
  await there.refund(paymentId, 1);
  t.deepEqual(differencesOf(await compare()), ['refund: -1 EUR there, nothing here']);
});

test('a refund of ours that was reported before its payment counts, and its payment is the difference', async (t) => {
  const { pool, there, here, compare } = await shopWithProvider(t);
  const order = await placeOrder(pool);
  const paymentId = await there.pay(order);
  const made = await there.refundByKey(`refund:${paymentId}`, { paymentId, amount: 200, currency: 'EUR' });
  t.is(await here.refunded(made), 'unplaced');
  const compared = await compare();
  t.deepEqual(differencesOf(compared), ['payment: 1250 EUR there, nothing here']);
  t.deepEqual(sumsOf(compared), [{ currency: 'EUR', paidIn: 1_250, paidOut: 200, waiting: -200, difference: 1_250 }]);
});

test('what moves at the edge of the span is no difference, and what is outside of it is not named', async (t) => {
  const { pool, there, here, sold, sendBack, compare } = await shopWithProvider(t);
  const one = await sold();
  const refundId = await sendBack(one.orderId, 400);
  await there.pay(await placeOrder(pool));
  const edge = await nextMillisecond();
  await there.failRefund(refundId);
  await here.refundFailed({ refundId, paymentId: one.paymentId, amount: 400, currency: 'EUR' });
  await there.pay(await placeOrder(pool));
  const { until: later } = always();
  t.deepEqual(differencesOf(await compare({ since: edge, until: later })), ['payment: 1250 EUR there, nothing here']);
  t.deepEqual(differencesOf(await compare({ since: new Date(0), until: edge })), [
    'payment: 1250 EUR there, nothing here',
  ]);
  t.deepEqual(differencesOf(await compare({ since: new Date(0), until: new Date(0) })), []);
});

test('amounts of currencies without decimals and with three stay whole, each with a sum of its own', async (t) => {
  const shop = await shopWithProvider(t, [
    product({ stock: 100 }),
    product({ sku: 'yen', unitPrice: 1_500, currency: 'JPY', stock: 100 }),
    product({ sku: 'dinar', unitPrice: 12_350, currency: 'KWD', stock: 100 }),
  ]);
  await shop.sold();
  const yen = await shop.sold({ lines: [{ sku: 'yen', quantity: 2 }] });
  const dinar = await shop.sold({ lines: [{ sku: 'dinar', quantity: 1 }] });
  await shop.sendBack(yen.orderId, 1);
  await shop.here.refunded(await shop.there.refund(dinar.paymentId, 10));
  const compared = await shop.compare();
  t.deepEqual(compared.differences, []);
  t.deepEqual(sumsOf(compared), [
    { currency: 'EUR', paidIn: 1_250, sold: 1_250 },
    { currency: 'JPY', paidIn: 3_000, paidOut: 1, sold: 2_999 },
    { currency: 'KWD', paidIn: 12_350, paidOut: 10, sold: 12_340 },
  ]);
});

test('over many pages each missing payment is named once, on each side', async (t) => {
  const { there, here, compare } = await shopWithProvider(t);
  const of = (n: number) => ({ orderId: `nobody-${n}`, amount: 100 + n, currency: 'EUR' });
  for (let n = 0; n < 1_100; n++) {
    const paymentId = n % 400 === 7 ? `pay_here-${n}` : await there.pay(of(n));
    if (n % 500 !== 3) await here.paid(paymentId, of(n));
  }
  const compared = await compare();
  t.deepEqual(
    compared.differences
      .map(({ there: one, here: other }) => (one ?? other)?.amount)
      .toSorted((one = 0, other = 0) => one - other),
    [103, 107, 507, 603, 907, 1_103],
  );
  t.is(compared.sums[0]?.edge, 0);
});

test('a payment id that two providers use is compared with the payment of its own provider', async (t) => {
  const { pool, there, here, settlements, compare } = await shopWithProvider(t);
  const order = await placeOrder(pool);
  const paymentId = await there.pay(order);
  await settlements.receive(paymentEvent({ provider: 'another', paymentId, orderId: 'nobody', amount: 5 }));
  await here.paid(paymentId, order);
  t.deepEqual((await compare()).differences, []);
});

test('a provider that does not answer ends the comparison with an error', async (t) => {
  const { pool, provider, simulator, sold } = await shopWithProvider(t);
  await sold();
  await simulator.fault({ ledger: { failNext: 1 } });
  await t.throwsAsync(compareLedger(pool, provider, always()), { code: 'dependency-unavailable' });
});
