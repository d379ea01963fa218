import type { GuardedFile } from '../guard.js';

/** A payment begins once, and an order keeps its stock until nobody can pay it any more. */
export const begunPayments: readonly GuardedFile[] = [
  {
    file: 'src/db/begun/begin.js',
    guards: [
      {
        name: 'an order that is past its deadline begins no payment',
        text: 'if (order.expiresInMs === 0)',
        without: 'if (false)',
        test: [
          'api/begin-payments',
          'an order that is paid, canceled, past its deadline or free begins no payment, and the provider is not asked',
        ],
      },
      {
        name: 'a second request finds the payment of the first',
        text: 'if (open !== undefined)\n',
        without: 'if (false)\n',
        test: ['api/begin-payments', 'many requests at once, in two processes, begin one payment'],
      },
      {
        name: 'nobody gets a payment of an order that has ended meanwhile',
        text: "const isPayable = order.status === 'placed' && order.expiresInMs > 0;",
        without: 'const isPayable = true;',
        test: [
          'api/begin-payments',
          'nobody gets a payment whose order was canceled while the provider answered: it is closed',
        ],
      },
    ],
  },
  {
    file: 'src/db/begun/outcomes.js',
    guards: [
      {
        name: 'a payment that is paid is not marked as closed',
        text: "SET state = 'closed', is_open = NULL, ended_at = UTC_TIMESTAMP(3)\n     WHERE begun_id = ? AND is_open = 1",
        without:
          "SET state = 'closed', is_open = NULL, payment_id = NULL, ended_at = UTC_TIMESTAMP(3)\n     WHERE begun_id = ?",
        test: ['db/begun/guards', 'a payment that is paid stays paid, whoever says that it is closed'],
      },
      {
        name: 'what has begun is not marked as refused',
        text: 'AND is_open = 1 AND reference IS NULL',
        without: '',
        test: ['db/begun/guards', 'a payment that has begun is not refused, whoever says so'],
      },
      {
        name: "an event ends a payment of its own order only, whatever the event's metadata",
        text: 'WHERE begun_id = ? AND provider = ? AND order_id = ? AND is_open = 1',
        without: 'WHERE begun_id = ? AND ? IS NOT NULL AND ? IS NOT NULL AND is_open = 1',
        test: ['db/begun/guards', 'an event ends no begun payment of another order or provider'],
      },
    ],
  },
  {
    file: 'src/db/begun/due.js',
    guards: [
      {
        name: 'one process looks at a payment',
        text: 'AND is_open = 1 AND due_at = ?',
        without: 'AND is_open = 1 AND ? IS NOT NULL',
        test: ['db/begun/guards', 'of two processes that saw the same payment, one looks at it'],
      },
      {
        name: 'a deadline that was moved waits again',
        text: "AND status = 'placed' AND expires_at <= UTC_TIMESTAMP(3) AND close_payments_ms > 0",
        without: 'AND close_payments_ms > 0',
        test: [
          'db/begun/closing',
          'a deadline that was moved while payments were closed keeps the order open, and its next deadline waits again',
        ],
      },
    ],
  },
  {
    file: 'src/db/orders/expired-batch.js',
    guards: [
      {
        name: 'the sweep leaves out orders whose payments are being closed',
        text: "order?.status === 'placed' && !order.closes",
        without: "order?.status === 'placed'",
        test: ['db/begun/guards', 'the sweep settles no order whose payments are being closed'],
      },
    ],
  },
  {
    file: 'src/db/orders/settlement.js',
    guards: [
      {
        name: 'the end of an order makes its begun payments due',
        text: 'makeDue(together, begunAmong(orders, ended))',
        without: 'undefined',
        test: [
          'db/begun/closing',
          'a cancel is decided at once, and the begun payment is closed next, or goes back if it was paid meanwhile',
        ],
      },
    ],
  },
  {
    file: 'src/db/orders/arrivals.js',
    guards: [
      {
        name: 'the event of a begun payment ends its row',
        text: 'if (ofBegun.length > 0)',
        without: 'if (false)',
        test: ['db/begun/closing', 'the webhook of a begun payment pays the order and ends the row in one transaction'],
      },
    ],
  },
];
