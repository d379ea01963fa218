import type { GuardedFile } from '../guard.js';

/** In sum never more goes back of a paid order than was paid and bought, and each refund is made once. */
export const refunds: readonly GuardedFile[] = [
  {
    file: 'src/db/refunds/refundable.js',
    guards: [
      {
        name: 'money goes back WHERE it is not above what was paid',
        text: 'AND returned_amount + ? <= amount - uncaptured_amount',
        without: 'AND ? IS NOT NULL',
        test: ['db/refunds/guards', 'no more money is taken than was paid, whatever the caller'],
      },
      {
        name: 'a part goes back only of a payment that has paid its order',
        text: "AND status = 'accepted' AND returned_amount",
        without: 'AND returned_amount',
        test: ['db/refunds/guards', 'no money is taken of a payment that goes back whole'],
      },
      {
        name: 'units come back WHERE they are not more than were bought',
        text: 'WHERE i.returned + back.quantity <= i.quantity',
        without: '',
        test: ['db/refunds/guards', 'no more units are taken than were bought, whatever the caller'],
      },
      {
        name: 'a refund of fewer lines than asked is rolled back',
        text: 'if (affectedRows !== lines.length)',
        without: 'if (false)',
        test: ['db/refunds/guards', 'no more units are taken than were bought, whatever the caller'],
      },
    ],
  },
  {
    file: 'src/db/refunds/request-refund.js',
    guards: [
      {
        name: 'a key refunds once',
        text: 'if (known !== undefined)',
        without: 'if (false)',
        test: ['db/refunds/races', 'two operators at once with one key refund once, and both get the same refund'],
      },
      {
        name: 'only a paid order is refunded',
        text: "if (order.status !== 'paid')",
        without: 'if (false)',
        test: ['db/refunds/requests', 'an order that is placed or canceled, or that nobody knows, is not refunded'],
      },
      {
        name: 'a refund whose units the ledger cannot take is rolled back',
        text: 'if (tooLarge !== undefined)',
        without: 'if (false)',
        test: ['db/refunds/requests', 'units that would pass 2^53 in the ledger take no money'],
      },
    ],
  },
  {
    file: 'src/db/refunds/refund-outcomes.js',
    guards: [
      {
        name: 'a made refund keeps its first record',
        text: "state IN ('required', 'failed', 'closed')",
        without: "state IN ('required', 'failed', 'closed', 'refunded')",
        test: ['db/refunds/outcomes', 'a refund is owed until the provider has made it, once'],
      },
      {
        name: 'a refusal of an earlier attempt does not end a later one',
        text: '(attempt = ? OR ?)',
        without: '(? IS NOT NULL OR ?)',
        test: [
          'db/refunds/outcomes',
          'a refund that is refused for good waits for a person, who asks again under a new key',
        ],
      },
      {
        name: 'a success that is recorded already has no second event',
        text: 'if (affectedRows === 0)',
        without: 'if (false)',
        test: [
          'db/refunds/events',
          'a refund of a paid order is required, fails and succeeds, each once, with its units and amounts',
        ],
      },
      {
        name: 'a failure that is recorded already has no second event',
        text: 'if (affectedRows === 1)',
        without: 'if (true)',
        test: [
          'db/refunds/events',
          'a refund of a paid order is required, fails and succeeds, each once, with its units and amounts',
        ],
      },
    ],
  },
  {
    file: 'src/db/refunds/refund-events.js',
    guards: [
      {
        name: 'units without money have no event',
        text: 'if (paymentId === null)',
        without: 'if (false)',
        test: [
          'db/refunds/events',
          'units that come back without money have no event, and a closed refund that succeeds has one',
        ],
      },
    ],
  },
  {
    file: 'src/db/refunds/refund-changes.js',
    guards: [
      {
        name: 'a person changes a refund only in its state for that',
        text: '|| !allowed.includes(state)',
        without: '',
        test: [
          'db/refunds/outcomes',
          'a refund that is refused for good waits for a person, who asks again under a new key',
        ],
      },
    ],
  },
  {
    file: 'src/db/refunds/open-refunds.js',
    guards: [
      {
        name: 'a page of owed refunds begins behind the page before',
        text: 'AND refund_id > ?',
        without: 'AND ? IS NOT NULL',
        test: ['db/refunds/outcomes', 'pages of owed refunds follow one another'],
      },
    ],
  },
  {
    file: 'activities/order-refunds.js',
    guards: [
      {
        name: 'only an owed refund is asked for',
        text: "if (refund?.state !== 'required')",
        without: 'if (refund === undefined)',
        test: [
          'activities/activities',
          'refundOrder stores a final refusal for a person, and the next attempt has a key of its own',
        ],
      },
    ],
  },
  {
    file: 'src/payments/stripe-provider.js',
    guards: [
      {
        name: 'a refund beside others is looked for before it is made',
        text: 'order.beside ? refundBeside : refund',
        without: 'refund',
        test: [
          'payments/stripe-provider',
          'refunds beside one another are each made once, also when Stripe has deleted their keys',
        ],
      },
    ],
  },
];
