import type { GuardedFile } from '../guard.js';

/** Money is believed when it is told once, and goes back once. */
export const payments: readonly GuardedFile[] = [
  {
    file: 'src/db/payments.js',
    guards: [
      {
        name: "a refund is noted WHERE status = 'refund_required'",
        text: " AND status = 'refund_required'",
        without: '',
        test: ['db/payments', 'a refund is noted once: the first note stays'],
      },
      {
        name: 'an event again is one with the same bytes',
        text: 'rows[0]?.body_sha256.equals(event.bodySha256)',
        without: 'rows[0]',
        test: ['db/payments', 'the same event id with other bytes is a conflict, and changes nothing'],
      },
      {
        name: 'a payment again is of its own provider',
        text: 'known?.provider === provider',
        without: 'known',
        test: [
          'db/payments',
          'one payment id of two providers is two payments, each once, and each refunded by its own id',
        ],
      },
      {
        name: "an id with another provider's name in front is not taken for its own",
        text: 'paymentId.startsWith(`${provider}:`) ? [prefixed] : ',
        without: '',
        test: ['db/payments', 'an id that looks like one with a name in front is not taken for another'],
      },
      {
        name: 'a payment again is for the same order',
        text: 'known.orderId === told.orderId && ',
        without: '',
        test: ['db/payments', 'a payment told again with another orderId stays as it was told first, and that is said'],
      },
      {
        name: 'a payment again is of the same amount',
        text: ' && known.amount === told.amount',
        without: '',
        test: ['db/payments', 'a payment told again with another amount stays as it was told first, and that is said'],
      },
      {
        name: 'a payment again is in the same currency',
        text: ' && known.currency === told.currency',
        without: '',
        test: [
          'db/payments',
          'a payment told again with another currency stays as it was told first, and that is said',
        ],
      },
      {
        name: 'what was told of a payment first stays',
        text: 'ON DUPLICATE KEY UPDATE payment_id = payments.payment_id',
        without: "ON DUPLICATE KEY UPDATE status = 'received'",
        test: ['db/payments', 'another event for a payment does not open what was decided'],
      },
      {
        name: 'money is kept for an order that was checked out, and for no other',
        text: 'SELECT EXISTS (SELECT 1 FROM checkouts WHERE order_id = ?) AS known',
        without: 'SELECT ? IS NOT NULL AS known',
        test: ['db/payments', 'money for an order that nobody placed is to be refunded at once'],
      },
      {
        name: 'only a payment that succeeded is money',
        text: "event.type === 'payment.succeeded' ? await storePayment(transaction, event) : 'stored'",
        without: 'await storePayment(transaction, event)',
        test: ['db/payments', 'a failed payment is noted and is no money'],
      },
    ],
  },
  {
    file: 'src/db/pool.js',
    guards: [
      {
        name: 'a row that was there already is no affected row',
        text: "flags: ['-FOUND_ROWS']",
        without: "flags: ['FOUND_ROWS']",
        test: ['db/payments', 'the same event again is told to be a repetition'],
      },
    ],
  },
  {
    file: 'activities/index.js',
    guards: [
      {
        name: 'only what is owed goes back',
        text: "payment?.status !== 'refund_required'",
        without: 'payment === undefined',
        test: ['activities/activities', 'refundPayment returns nothing that is not owed'],
      },
      {
        name: 'a refund is asked for under the same key each time',
        text: 'refundKey(paymentId)',
        without: 'refundKey(String(Math.random()))',
        test: ['activities/activities', 'refundPayment whose note was lost finds the same refund by its key'],
      },
      {
        name: 'money goes back through the provider that took it',
        text: 'name === provider',
        without: 'true',
        test: ['activities/activities', 'refundPayment goes to the provider that took the money, by its own id'],
      },
    ],
  },
  {
    file: 'src/payments/http-provider.js',
    guards: [
      {
        name: 'the provider is told the key',
        text: ", 'idempotency-key': key",
        without: ", 'idempotency-key': String(Math.random())",
        test: ['activities/activities', 'refundPayment whose note was lost finds the same refund by its key'],
      },
    ],
  },
  {
    file: 'src/payments/stripe-provider.js',
    guards: [
      {
        name: 'Stripe is told the key',
        text: '{ idempotencyKey: key }',
        without: '{}',
        test: ['payments/stripe-provider', 'the whole payment goes back, under our key and with our reason'],
      },
      {
        name: 'a refund whose key is forgotten is not made again',
        text: "error.code === 'charge_already_refunded'",
        without: 'false',
        test: ['payments/stripe-provider', 'a refund whose key Stripe has forgotten is found, and not made again'],
      },
      {
        name: 'a refund that failed has not gone back',
        text: "status === 'failed' || status === 'canceled'",
        without: 'false',
        test: ['payments/stripe-provider', 'a refund that Stripe calls failed has not gone back'],
      },
    ],
  },
];
