import type { GuardedFile } from '../guard.js';

/** What a provider reports counts once, and never more counts than was paid. */
export const reports: readonly GuardedFile[] = [
  {
    file: 'src/db/reports/provider-refunds.js',
    guards: [
      {
        name: 'the failure of a refund is final',
        text: "state = IF(state = 'failed', state, VALUES(state))",
        without: 'state = VALUES(state)',
        test: [
          'db/reports/refunds',
          'a failure that comes before our own record of the success wins, with and without the key',
        ],
      },
      {
        name: 'a refund in another currency does not count',
        text: 'if (currency !== payment.currency)',
        without: 'if (false)',
        test: [
          'db/reports/refunds',
          'another currency, and the payment of another provider with the same id, change nothing',
        ],
      },
    ],
  },
  {
    file: 'src/db/reports/dispute-events.js',
    guards: [
      {
        name: 'each event of a dispute is written once',
        text: 'AND events_written < ?',
        without: 'AND events_written <= ?',
        test: [
          'db/reports/disputes',
          'other systems hear of a dispute once when it is opened and once when it is closed, with its outcome',
        ],
      },
    ],
  },
  {
    file: 'src/db/reports/store-report.js',
    guards: [
      {
        name: 'a report of an undecided payment waits',
        text: "payment === undefined || payment.status === 'received'",
        without: 'payment === undefined',
        test: [
          'db/reports/refunds',
          'reports that come before their payment, or while it is undecided, count when it is decided',
        ],
      },
      {
        name: 'a report is of its own provider',
        text: "WHERE payment_id IN (?) AND provider = ?', [",
        without: "WHERE payment_id IN (?) AND ? IS NOT NULL', [",
        test: [
          'db/reports/refunds',
          'another currency, and the payment of another provider with the same id, change nothing',
        ],
      },
    ],
  },
  {
    file: 'src/db/reports/disputes.js',
    guards: [
      {
        name: 'the end of a dispute is final',
        text: "state = IF(state = 'open', VALUES(state), state)",
        without: 'state = VALUES(state)',
        test: ['db/reports/disputes', 'an end that comes before its opening counts, and the opening changes nothing'],
      },
      {
        name: 'a lost dispute counts once',
        text: "AND state = 'lost' AND taken = 0",
        without: "AND state = 'lost'",
        test: [
          'db/reports/disputes',
          'a lost dispute counts among what went back, once, and leaves nothing for refunds of ours',
        ],
      },
    ],
  },
  {
    file: 'src/db/refunds/refund-outcomes.js',
    guards: [
      {
        name: 'a refund that has failed at the provider is not recorded as made',
        text: 'if (failure === undefined)\n            await recordOrderRefunded',
        without: 'if (true)\n            await recordOrderRefunded',
        test: [
          'db/reports/refunds',
          'a failure that comes before our own record of the success wins, with and without the key',
        ],
      },
    ],
  },
  {
    file: 'src/db/payments/refunds.js',
    guards: [
      {
        name: 'a refund of a payment that has failed at the provider is not recorded as made',
        text: 'if (failure === undefined)\n            await recordRefunded',
        without: 'if (true)\n            await recordRefunded',
        test: [
          'db/reports/refunds',
          'a refund of a payment that its order did not accept is confirmed by a report, and may fail later',
        ],
      },
    ],
  },
];
