import type { GuardedFile } from '../guard.js';

const closes =
  'the ledger closes to the cent over sales, returns, late and unplaced money, refunds and disputes, archived too';

/** A difference between a provider's ledger and our books is named, and what only moves is none. */
export const providerLedger: readonly GuardedFile[] = [
  {
    file: 'src/process/compare-ledger.js',
    guards: [
      {
        name: 'what the provider has not listed is asked for',
        text: 'if (!tally.isEmpty())',
        without: 'if (false)',
        test: [
          'db/ledger/compare',
          'a difference is named beside money that agrees: a payment that the provider does not have',
        ],
      },
      {
        name: 'a difference is named only where the provider has it so in all of its history',
        text: 'there = await ledger.of(reference);',
        without: '',
        test: [
          'db/ledger/compare',
          'what moves at the edge of the span is no difference, and what is outside of it is not named',
        ],
      },
    ],
  },
  {
    file: 'src/process/in-pages.js',
    guards: [
      {
        name: 'the last page counts, which is not full',
        text: 'if (page.length > 0)',
        without: 'if (false)',
        test: ['db/ledger/compare', 'over many pages each missing payment is named once, on each side'],
      },
    ],
  },
  {
    file: 'src/db/ledger/books.js',
    guards: [
      {
        name: 'archived payments are in the books',
        text: '`${sql} UNION ALL ${inArchive(sql)}`',
        without: '`${sql} UNION ALL ${sql} AND FALSE`',
        test: ['db/ledger/compare', closes],
      },
    ],
  },
  {
    file: 'src/domain/book.js',
    guards: [
      {
        name: 'money that was taken in a dispute and given back is the end of the dispute',
        text: 'there === undefined',
        without: '(there?.amount ?? 0) === 0',
        test: [
          'db/ledger/compare',
          'a difference is named beside money that agrees: a dispute that was won, whose end no webhook has reported',
        ],
      },
      {
        name: 'only the key under which we have asked makes a refund ours',
        text: 'orderRefundIn(key) === id',
        without: 'true',
        test: [
          'db/ledger/compare',
          'a refund that was asked for is in flight: not listed yet, and then not recorded yet',
        ],
      },
    ],
  },
  {
    file: 'src/process/reconcile-ledger.js',
    guards: [
      {
        name: 'the provider is not asked about what agrees',
        text: ' || agree(stateOf(group), here)',
        without: '',
        test: [
          'db/ledger/reconcile',
          'the provider is asked only about refunds and disputes that differ, several at the same time',
        ],
      },
    ],
  },
  {
    file: 'src/payments/http-ledger.js',
    guards: [
      {
        name: 'only a 404 of the first page says that there is no ledger',
        text: ' && answer.status === 404 && after === undefined',
        without: '',
        test: ['payments/ledgers', 'an adapter without a ledger says so, and an answer of another form is an outage'],
      },
    ],
  },
  {
    file: 'src/payments/stripe-ledger.js',
    guards: [
      {
        name: 'an order id has no control characters, as the webhook stores it',
        text: "orderIdIn(metadata?.['orderId'])",
        without: "metadata?.['orderId']",
        test: [
          'payments/ledgers',
          'Stripe: a charge names its order as its webhook does, and a key that is not of our form is none of ours',
        ],
      },
      {
        name: 'a charge that a bank has not confirmed is no money',
        text: "source.status !== 'succeeded'",
        without: 'false',
        test: [
          'payments/ledgers',
          'Stripe: charges, refunds, failed refunds and disputes are movements; fees, payouts and failed charges are not',
        ],
      },
    ],
  },
];
