import type { GuardedFile } from '../guard.js';

/** A payment is accepted once, or refunded once. */
export const payments: readonly GuardedFile[] = [
  {
    file: 'src/db/payments/payments.js',
    guards: [
      {
        name: 'a repeated event has the same bytes',
        text: 'rows[0]?.body_sha256.equals(event.bodySha256)',
        without: 'rows[0]',
        test: ['db/payments', 'the same event id with other bytes is a conflict, and changes nothing'],
      },
      {
        name: 'a payment is received only for an order with a checkout',
        text: 'new Set(rows.map(({ orderId }) => orderId))',
        without: 'new Set(orderIds)',
        test: ['db/payments', 'a payment for an unknown order is stored as unplaced, and no refund is owed'],
      },
      {
        name: 'only a payment that succeeded counts',
        text: "return { as: 'stored' };",
        without: ';',
        test: ['db/payments', 'the event of a failed payment is stored, and no payment is stored'],
      },
      {
        name: 'a reference names an order only where a checkout has this id',
        text: 'event.byReference === true && !isKnown',
        without: 'false',
        test: [
          'db/payments',
          'an event whose reference is the id of no checkout is of another program, and nothing is stored',
        ],
      },
    ],
  },
  {
    file: 'src/db/payments/store-payment.js',
    guards: [
      {
        name: 'a repeated payment has the same provider',
        text: 'known?.provider !== provider',
        without: '!known',
        test: [
          'db/payments',
          'the same payment id of two providers names two payments, each stored once and refunded by its own id',
        ],
      },
      {
        name: "an id with another provider's name in front does not count as the own id",
        text: 'paymentId.startsWith(`${provider}:`) ? [prefixed] : ',
        without: '',
        test: ['db/payments', "an id that begins with a provider's name does not count as another provider's id"],
      },
      {
        name: 'the first report of a payment stays',
        text: 'ON DUPLICATE KEY UPDATE payment_id = payments.payment_id',
        without: "ON DUPLICATE KEY UPDATE status = 'received'",
        test: ['db/payments', 'another event for a payment does not change the decision'],
      },
      {
        name: 'an unplaced payment is assigned only to a known order',
        text: 'first === received && ',
        without: '',
        test: [
          'db/payments',
          'an unplaced payment is assigned neither to an unknown order nor by an event with another amount',
        ],
      },
    ],
  },
  {
    file: 'src/db/payments/repeated-events.js',
    guards: [
      {
        name: 'a repeated payment has the same order',
        text: '[payment.orderId, payment.toldOrderId].includes(event.orderId)',
        without: 'true',
        test: [
          'db/payments',
          'a payment whose next event has another orderId keeps the data of its first event, and the next event is a contradiction',
        ],
      },
      {
        name: 'a repeated payment has the same amount',
        text: 'payment.amount === event.amount',
        without: 'true',
        test: [
          'db/payments',
          'a payment whose next event has another amount keeps the data of its first event, and the next event is a contradiction',
        ],
      },
      {
        name: 'a repeated payment has the same currency',
        text: 'payment.currency === event.currency',
        without: 'true',
        test: [
          'db/payments',
          'a payment whose next event has another currency keeps the data of its first event, and the next event is a contradiction',
        ],
      },
    ],
  },
  {
    file: 'src/db/payments/refunds.js',
    guards: [
      {
        name: 'a refund is recorded WHERE the refund is owed',
        text: "status IN ('refund_required', 'refund_failed', 'closed') AND ",
        without: '',
        test: ['db/payments', 'a refund is recorded once: the first record stays'],
      },
      {
        name: 'a failed attempt ends no later attempt',
        text: '(refund_attempt = ? OR ?)',
        without: '(? IS NOT NULL OR ?)',
        test: ['db/payment-changes', 'a finally failed refund is not retried until a person starts a new try'],
      },
    ],
  },
  {
    file: 'src/db/payments/payment-changes.js',
    guards: [
      {
        name: 'a person changes only a payment that waits for a person',
        text: '!allowed.includes(status)',
        without: 'false',
        test: ['db/payment-changes', 'a decided payment cannot be changed by a person, and nothing is written'],
      },
      {
        name: "an order's id is written as the database stores the id",
        text: 'return order.orderId;',
        without: 'return orderId;',
        test: [
          'db/payment-changes',
          'an unplaced payment that a person assigns to its order pays the order, and the person stays recorded',
        ],
      },
      {
        name: 'a payment is assigned only to a placed order',
        text: "order.status !== 'placed'",
        without: 'false',
        test: [
          'db/payment-changes',
          'a payment is assigned only to an order that waits for exactly this amount and currency',
        ],
      },
    ],
  },
  {
    file: 'src/db/driver/pool.js',
    guards: [
      {
        name: 'an existing row is no affected row',
        text: "flags: ['-FOUND_ROWS']",
        without: "flags: ['FOUND_ROWS']",
        test: ['db/payments', 'the same event again is a repetition'],
      },
    ],
  },
  {
    file: 'activities/index.js',
    guards: [
      {
        name: 'only an owed refund is made',
        text: "payment?.status !== 'refund_required'",
        without: 'payment === undefined',
        test: ['activities/activities', 'refundPayment makes no refund that is not owed'],
      },
      {
        name: 'each try of a refund has the same key',
        text: 'refundKey(paymentId, refundAttempt)',
        without: 'refundKey(String(Math.random()))',
        test: ['activities/activities', 'refundPayment that fails after the refund finds this refund by its key'],
      },
      {
        name: 'a refund is made by the provider of the payment',
        text: 'name === provider',
        without: 'true',
        test: [
          'activities/activities',
          "refundPayment sends the provider's own payment id to the provider of the payment",
        ],
      },
    ],
  },
  {
    file: 'src/payments/http-call.js',
    guards: [
      {
        name: 'the provider gets the key',
        text: "'idempotency-key': key }",
        without: "'idempotency-key': String(Math.random()) }",
        test: ['activities/activities', 'refundPayment that fails after the refund finds this refund by its key'],
      },
    ],
  },
  {
    file: 'src/payments/stripe-provider.js',
    guards: [
      {
        name: 'Stripe gets the key',
        text: '{ idempotencyKey }',
        without: '{}',
        test: ['payments/stripe-provider', 'the whole payment is refunded, with our key and our reason'],
      },
      {
        name: 'a refund whose key Stripe has deleted is not made again',
        text: "error.code === 'charge_already_refunded'",
        without: 'false',
        test: ['payments/stripe-provider', 'a refund whose key Stripe has deleted is found, and not made again'],
      },
      {
        name: 'an earlier refund is searched where no amount is left',
        text: 'left === undefined || left === 0',
        without: 'isBack',
        test: [
          'payments/stripe-provider',
          'a refund of the rest whose answer was lost is found again, and not made again',
        ],
      },
      {
        name: 'a refund by another caller is no refund of a disputed payment',
        text: 'onlyOurs ? [] : alive',
        without: 'alive',
        test: ['payments/stripe-provider', 'a refund of a disputed charge is refused finally, and nothing is refunded'],
      },
      {
        name: 'a failed refund is not made',
        text: "status === 'failed' || status === 'canceled'",
        without: 'false',
        test: ['payments/stripe-provider', 'a refund with the status failed is refused, for a person'],
      },
    ],
  },
];
