import type { GuardedFile } from '../guard.js';

/** A payment begins once, and an order keeps its stock until no customer can pay it any more. */
const keys = 'two open payments of an order at one provider, and two rows of one payment, are refused by their keys';
const checks = 'a begun payment cannot contradict itself';

export const begunPayments: readonly GuardedFile[] = [
  {
    file: 'src/db/migrations/0020-begun-payments.js',
    guards: [
      {
        name: 'an order has one open payment at each provider',
        text: 'UNIQUE KEY one_open',
        without: 'KEY one_open',
        test: ['db/begun/guards', keys],
      },
      {
        name: 'a payment of a provider has one row',
        text: 'UNIQUE KEY one_reference',
        without: 'KEY one_reference',
        test: ['db/begun/guards', keys],
      },
      {
        name: 'a begun payment has an order',
        text: 'CONSTRAINT begun_has_order FOREIGN KEY (order_id) REFERENCES orders (order_id),',
        without: '',
        test: ['db/begun/guards', checks],
      },
      {
        name: 'a payment is open until it has ended',
        text: "CHECK ((state = 'begun') = (is_open IS NOT NULL))",
        without: 'CHECK (TRUE)',
        test: ['db/begun/guards', checks],
      },
      {
        name: 'a payment is open in one way',
        text: 'CHECK (is_open IS NULL OR is_open = 1)',
        without: 'CHECK (TRUE)',
        test: ['db/begun/guards', checks],
      },
      {
        name: 'a payment that has ended has its time',
        text: "CHECK ((state = 'begun') = (ended_at IS NULL))",
        without: 'CHECK (TRUE)',
        test: ['db/begun/guards', checks],
      },
      {
        name: 'a payment is paid by a payment of the provider',
        text: "CHECK ((state = 'paid') = (payment_id IS NOT NULL))",
        without: 'CHECK (TRUE)',
        test: ['db/begun/guards', checks],
      },
      {
        name: 'a refusal has a reason',
        text: "CHECK ((state = 'refused') = (failure IS NOT NULL))",
        without: 'CHECK (TRUE)',
        test: ['db/begun/guards', checks],
      },
    ],
  },
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
        name: 'no customer gets a payment of an order that has ended meanwhile',
        text: "const isPayable = order.status === 'placed' && order.expiresInMs > 0;",
        without: 'const isPayable = true;',
        test: [
          'api/begin-payments',
          'no customer gets a payment whose order was canceled while the provider answered: it is closed',
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
        name: 'a close that begins again prolongs no wait',
        text: 'AND close_payments_ms > 0 AND close_payments_by IS NULL',
        without: 'AND close_payments_ms > 0',
        test: [
          'db/begun/guards',
          'the wait of an order begins after its deadline, once, and not of an order that waits for nothing',
        ],
      },
      {
        name: 'the wait begins after the deadline',
        text: "AND status = 'placed' AND expires_at <= UTC_TIMESTAMP(3)\n       AND close_payments_ms > 0",
        without: 'AND close_payments_ms > 0',
        test: [
          'db/begun/guards',
          'the wait of an order begins after its deadline, once, and not of an order that waits for nothing',
        ],
      },
      {
        name: 'a deadline that was moved waits again',
        text: "AND status = 'placed' AND expires_at <= UTC_TIMESTAMP(3) AND close_payments_ms > 0",
        without: 'AND close_payments_ms > 0',
        test: [
          'db/begun/guards',
          'an order that is before its deadline waits for the close of its payments still, whoever says that they are closed',
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
    file: 'src/db/orders/orders.js',
    guards: [
      {
        name: 'no order ends before the close of its open payments has begun',
        text: 'THEN close_payments_ms ELSE 0 END',
        without: 'THEN 0 ELSE 0 END',
        test: [
          'db/begun/closing',
          'an order whose deadline passed while every process was stopped is asked about before its end',
        ],
      },
    ],
  },
  {
    file: 'src/db/deadlines/moves.js',
    guards: [
      {
        name: 'a deadline that is moved earlier brings the look at the payment forward',
        text: 'await lookBy(transaction, orderId, to);',
        without: '',
        test: ['db/begun/closing', 'a deadline that is moved earlier is looked at when it has passed'],
      },
    ],
  },
  {
    file: 'src/process/begun-payments.js',
    guards: [
      {
        name: 'the wait of an order begins when its provider does not answer',
        text: 'await startWait(pool, orderId, performance.now() - since);',
        without: '',
        test: [
          'db/begun/closing',
          'the wait begins when the provider has not answered after the deadline, and a further question does not prolong it',
        ],
      },
      {
        name: 'the waits of a turn begin when its provider does not answer',
        text: 'await startWait(pool, begun.orderId, 0);',
        without: '',
        test: [
          'db/begun/closing',
          'a provider that has not answered ten calls is asked no more in this turn, and the waits of all due orders begin',
        ],
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
