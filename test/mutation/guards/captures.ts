import type { GuardedFile } from '../guard.js';

/** Money that is authorised is captured for a paid order, released for every other one, and moves once. */
const checks = 'an authorisation cannot contradict itself';
const notVoided = 'an accepted authorisation is not voided, and no amount is captured beyond the authorised one';

export const captures: readonly GuardedFile[] = [
  {
    file: 'src/db/migrations/0025-authorisations.js',
    guards: [
      {
        name: 'an authorisation has a payment',
        text: 'CONSTRAINT authorisation_has_payment FOREIGN KEY (payment_id) REFERENCES payments (payment_id),',
        without: '',
        test: ['db/authorisations/guards', checks],
      },
      {
        name: 'an authorisation that has ended has its time',
        text: "CHECK ((state = 'authorised') = (ended_at IS NULL))",
        without: 'CHECK (TRUE)',
        test: ['db/authorisations/guards', checks],
      },
      {
        name: 'a refused capture has a reason',
        text: "CHECK (state <> 'failed' OR failure IS NOT NULL)",
        without: 'CHECK (TRUE)',
        test: ['db/authorisations/guards', checks],
      },
    ],
  },
  {
    file: 'src/db/authorisations/outcomes.js',
    guards: [
      {
        name: 'a refusal counts for its own attempt',
        text: 'AND a.attempt = ?`',
        without: 'AND ? IS NOT NULL`',
        test: ['db/authorisations/guards', 'a refusal of an earlier attempt, or behind the capture, fails no capture'],
      },
      {
        name: 'the first capture counts',
        text: "AND state <> 'captured'",
        without: '',
        test: ['db/authorisations/voids', notVoided],
      },
      {
        name: 'an accepted payment is not voided',
        text: "status IN ('refund_required', 'refund_failed', 'closed') AND refund_reason IS NOT NULL",
        without: "status <> 'voided'",
        test: ['db/authorisations/voids', notVoided],
      },
      {
        name: 'no more is captured than was authorised',
        text: 'LEAST(amount, ?)',
        without: '?',
        test: ['db/authorisations/voids', notVoided],
      },
      {
        name: 'money that was captured after its void goes back',
        text: "IF(status = 'voided', 'refund_required', status)",
        without: 'status',
        test: [
          'db/authorisations/voids',
          'a payment that counts as voided and is reported as captured after all goes back',
        ],
      },
    ],
  },
  {
    file: 'src/db/authorisations/rows.js',
    guards: [
      {
        name: 'an authorisation of a payment that is being closed pays no order',
        text: 'AND is_open = 1 AND closing = 0',
        without: 'AND is_open = 1',
        test: [
          'db/authorisations/voids',
          'an authorisation that arrives while its payment is being closed pays no order, and is voided',
        ],
      },
    ],
  },
  {
    file: 'src/db/begun/outcomes.js',
    guards: [
      {
        name: 'a payment that is paid does not begin to close',
        text: 'SET closing = closing + 1 WHERE begun_id = ? AND is_open = 1',
        without: 'SET closing = closing + 1 WHERE begun_id = ?',
        test: ['db/authorisations/guards', 'a payment that an authorisation has paid does not begin to close'],
      },
    ],
  },
  {
    file: 'src/process/begun-payments.js',
    guards: [
      {
        name: 'a payment is asked about before a close that would release its money',
        text: "if (begun.capture === 'at-settlement')",
        without: 'if (false)',
        test: [
          'db/authorisations/stripe',
          'at the deadline an intent of Stripe that is authorised pays its order, and its money is not released',
        ],
      },
    ],
  },
  {
    file: 'src/db/refunds/refundable.js',
    guards: [
      {
        name: 'money goes back WHERE it was captured',
        text: 'amount - uncaptured_amount`',
        without: 'amount`',
        test: [
          'db/authorisations/guards',
          'no money goes back of a payment beyond what was captured, also after a wrong decision',
        ],
      },
    ],
  },
];
