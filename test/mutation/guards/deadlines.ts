import type { GuardedFile } from '../guard.js';

/** A deadline moves only while the order is open, within its bounds, and once for each run. */
export const deadlines: readonly GuardedFile[] = [
  {
    file: 'src/db/deadlines/moves.js',
    guards: [
      {
        name: 'a deadline moves WHERE it is not past',
        text: 'AND expires_at > UTC_TIMESTAMP(3) AND expires_at <> ?',
        without: 'AND expires_at <> ?',
        test: [
          'db/deadlines/moves',
          'an order that has ended, that is past its deadline, or that nobody knows is not moved',
        ],
      },
      {
        name: 'a deadline does not move below now',
        text: 'AND ? > UTC_TIMESTAMP(3)',
        without: 'AND ? IS NOT NULL',
        test: [
          'db/deadlines/moves',
          'a deadline never moves below now, nor past the greatest window after the checkout',
        ],
      },
      {
        name: 'a deadline does not move past the greatest window',
        text: 'AND ? <= created_at + INTERVAL ? MICROSECOND',
        without: 'AND ? + INTERVAL ? MICROSECOND IS NOT NULL',
        test: [
          'db/deadlines/moves',
          'a deadline never moves below now, nor past the greatest window after the checkout',
        ],
      },
      {
        name: 'a run moves an order once',
        text: 'if (await isWritten(transaction, eventId))',
        without: 'if (false)',
        test: [
          'db/deadlines/moves',
          'a run moves each order once, also when it is tried again, and another run moves it further',
        ],
      },
    ],
  },
  {
    file: 'src/db/deadlines/processing.js',
    guards: [
      {
        name: 'a payment in processing moves a deadline once',
        text: 'AND processing_at IS NULL ',
        without: '',
        test: [
          'db/deadlines/processing',
          'a payment in processing moves the deadline in the transaction that stores its event, once for each order',
        ],
      },
      {
        name: 'a payment of another amount moves no deadline',
        text: 'AND amount = ? AND currency = ?',
        without: 'AND ? IS NOT NULL AND ? IS NOT NULL',
        test: [
          'db/deadlines/processing',
          'another amount, another currency, an unknown order and an order that has ended are stored and move nothing',
        ],
      },
    ],
  },
  {
    file: 'src/db/deadlines/reminders.js',
    guards: [
      {
        // Without the condition an UPDATE that changes nothing counts no row: the value is what must be kept.
        name: 'a reminder is written once for a deadline',
        text: 'SET reminded_for = expires_at',
        without: 'SET reminded_for = UTC_TIMESTAMP(3)',
        test: [
          'db/deadlines/reminders',
          'a reminder is written once for a deadline, and once more for the deadline after a move',
        ],
      },
      {
        name: 'an order that has ended reminds no customer',
        text: "AND status = 'placed' ",
        without: '',
        test: [
          'db/deadlines/reminders',
          'an order that was paid, was canceled or is past its deadline reminds no customer',
        ],
      },
    ],
  },
  {
    file: 'src/db/deadlines/moved.js',
    guards: [
      {
        name: 'a later move is not forgotten with the first one',
        text: ' AND expires_at = ?',
        without: ' AND ? IS NOT NULL',
        test: [
          'db/deadlines/moved',
          'a moved deadline waits for its report, and a later move is not forgotten with the first one',
        ],
      },
    ],
  },
];
