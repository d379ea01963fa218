import type { GuardedFile } from '../guard.js';

/** An order ends once, its stock moves once, and a payment is decided once. */
export const settlement: readonly GuardedFile[] = [
  {
    file: 'src/db/orders/arrivals.js',
    guards: [
      {
        name: 'an event settles its order in the transaction that stores the event',
        text: 'requests.length === 0 ? []',
        without: 'true ? []',
        test: [
          'db/settlements',
          'an event is stored and its order is settled in one transaction, and a repeated event changes nothing',
        ],
      },
    ],
  },
  {
    file: 'src/db/orders/settlements.js',
    guards: [
      {
        name: 'an order that cannot be settled loses no payment',
        text: "if (arrivals.some((arrival) => 'event' in arrival) && !(error instanceof DomainError))",
        without: 'if (false)',
        test: [
          'db/settlements',
          'an event whose order cannot be settled now is stored, and the repeated event settles the order',
        ],
      },
      {
        name: 'a lock wait on stock rejects the orders of this stock only',
        text: 'if (isLockWait(error))',
        without: 'if (false)',
        test: [
          'db/settlements',
          'orders of stock that another transaction has locked are rejected, and the other orders of the batch end',
        ],
      },
    ],
  },
  {
    file: 'src/db/orders/expired-batch.js',
    guards: [
      {
        name: 'the sweep waits for no order that another transaction has locked',
        text: "lock(transaction, orderIds, 'SKIP LOCKED')",
        without: 'lock(transaction, orderIds)',
        test: [
          'db/expiry-sweep',
          'an order that another transaction has locked is left out without a wait, and the other orders end',
        ],
      },
    ],
  },
  {
    file: 'src/db/orders/expiry-sweep.js',
    guards: [
      {
        name: 'a full page of orders past their deadline does not wait for the timers',
        text: '? 0 : deps.byMs',
        without: '? deps.byMs : deps.byMs',
        test: [
          'db/expiry-sweep',
          'a full page of orders past their deadline ends at once, with the orders behind the page',
        ],
      },
    ],
  },
  {
    file: 'src/db/orders/stock-movements.js',
    guards: [
      {
        name: 'stock leaves its reservation WHERE reserved is enough',
        text: 'WHERE p.reserved >= moved.sold + moved.released',
        without: '',
        test: ['db/settlement-guards', 'stock that is not reserved is not moved, also where the table has no check'],
      },
      {
        name: 'the stock of a line leaves its reservation WHERE reserved >= ?',
        text: 'AND reserved >= ?',
        without: 'AND ? IS NOT NULL',
        test: [
          'db/catalogue-by-hand',
          'an order whose product was changed to reserve less ends at its deadline, and a later payment is to be refunded',
        ],
      },
      {
        // Without ORDER BY, InnoDB happens to read the lines in this order too: the guard is replaced by another order.
        name: 'a settlement locks its SKUs ORDER BY sku',
        text: 'ORDER BY sku, order_id',
        without: 'ORDER BY sku DESC, order_id',
        test: [
          'db/reservation-guards',
          'a settlement waits for a SKU with the SKUs before it locked, and no SKU after it',
        ],
      },
    ],
  },
  {
    file: 'src/db/orders/order-ends.js',
    guards: [
      {
        name: "an order is paid WHERE status = 'placed'",
        text: " AND o.status = 'placed'",
        without: '',
        test: [
          'db/settlement-guards',
          'an order that ended between the decision and its write is not ended again, and nothing of the settlement stays',
        ],
      },
      {
        name: "an order is canceled WHERE status = 'placed'",
        text: " AND status = 'placed'`",
        without: '`',
        test: [
          'db/settlement-guards',
          'an order that ended between the decision and its cancel is not ended again, and nothing of the settlement stays',
        ],
      },
      {
        name: 'an order is paid by nothing WHERE its amount is 0',
        text: " AND status = 'placed' AND amount = 0`",
        without: " AND status = 'placed'`",
        test: [
          'db/free-orders',
          'the write of a free end refuses an order that costs something, and one that has ended',
        ],
      },
      {
        name: "an order is paid by nothing WHERE status = 'placed'",
        text: " AND status = 'placed' AND amount = 0`",
        without: ' AND amount = 0`',
        test: [
          'db/free-orders',
          'the write of a free end refuses an order that costs something, and one that has ended',
        ],
      },
      {
        name: 'the end of a paid order is due to be reported',
        text: '[reportDue ? 1 : null,',
        without: '[null,',
        test: [
          'db/reports-due',
          'the end of an order by a payment or a person is due to be reported until the report is made',
        ],
      },
    ],
  },
  {
    file: 'src/db/orders/orders.js',
    guards: [
      {
        name: 'an order is locked FOR UPDATE',
        text: 'ORDER BY order_id FOR UPDATE',
        without: 'ORDER BY order_id',
        test: ['db/settlement-guards', 'an order and its payment are locked before a decision'],
      },
      {
        name: 'a recorded order is not changed',
        text: 'ON DUPLICATE KEY UPDATE order_id = orders.order_id',
        without: "ON DUPLICATE KEY UPDATE status = 'placed'",
        test: ['db/orders', 'a record after the settlement leaves the order settled'],
      },
    ],
  },
  {
    file: 'src/db/payments/payment-rows.js',
    guards: [
      {
        name: 'only an unplaced payment gets another order',
        text: " AND status = 'unplaced'",
        without: '',
        test: ['db/payments', 'a payment whose next event names another known order keeps its order'],
      },
      {
        name: 'a payment is locked FOR UPDATE',
        text: 'ORDER BY payment_id FOR UPDATE',
        without: 'ORDER BY payment_id',
        test: ['db/settlement-guards', 'an order and its payment are locked before a decision'],
      },
      {
        name: "a waiting payment is the order's own",
        text: 'ON p.order_id = o.order_id',
        without: 'ON TRUE',
        test: ['db/settlement-guards', "the waiting payment is the order's own, undecided and of its price"],
      },
      {
        name: "a payment waits WHERE status = 'received'",
        text: "AND p.status = 'received' AND",
        without: 'AND',
        test: ['db/settlement-guards', "the waiting payment is the order's own, undecided and of its price"],
      },
      {
        name: 'a waiting payment is of the right amount',
        text: 'AND p.amount = o.amount',
        without: '',
        test: ['db/settlement-guards', "the waiting payment is the order's own, undecided and of its price"],
      },
      {
        name: 'a waiting payment is in the right currency',
        text: 'AND p.currency = o.currency',
        without: '',
        test: ['db/settlement-guards', "the waiting payment is the order's own, undecided and of its price"],
      },
      {
        name: "a payment is decided WHERE status = 'received'",
        text: "WHERE payment_id IN (?) AND status = 'received'",
        without: 'WHERE payment_id IN (?)',
        test: ['db/settlement-guards', 'a payment is decided once, whatever the caller'],
      },
      {
        name: 'a payment that was decided before stops its transaction',
        text: 'if (affectedRows !== paymentIds.length)',
        without: 'if (false)',
        test: ['db/settlement-guards', 'a payment is decided once, whatever the caller'],
      },
    ],
  },
  {
    file: 'src/db/orders/open-orders.js',
    guards: [
      {
        name: 'a settled order frees its place',
        text: ', open_place = NULL WHERE order_id IN (?)',
        without: ' WHERE order_id IN (?)',
        test: ['db/hoarding', 'a canceled order frees its place, once'],
      },
      {
        name: 'a settled order is no longer open',
        text: 'SET is_open = NULL, open_place',
        without: 'SET is_open = is_open, open_place',
        test: [
          'db/open-orders',
          'open orders past their deadline are overdue, the longest overdue first, recorded or not',
        ],
      },
      {
        name: 'a placed order is not closed',
        text: "AND o.status <> 'placed'",
        without: '',
        test: [
          'db/open-orders',
          'an order that an earlier version has ended is reported as ended, and closed; a placed order is not',
        ],
      },
    ],
  },
  {
    file: 'src/db/checkouts/open-places.js',
    guards: [
      {
        name: 'the units of an order are limited',
        text: 'requested > limits.quantity',
        without: 'false',
        test: ['db/hoarding', 'an order has at most as many units as the limit, all lines together'],
      },
      {
        name: 'the open orders of a user are limited',
        text: 'place === undefined',
        without: 'false',
        test: ['db/hoarding', 'a checkout past the limit of open orders reserves nothing and names the limit'],
      },
    ],
  },
];
