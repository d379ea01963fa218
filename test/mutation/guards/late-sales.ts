import type { GuardedFile } from '../guard.js';

/** A late payment buys once, all or nothing, and never what is not there. */
export const lateSales: readonly GuardedFile[] = [
  {
    file: 'src/db/migrations/0021-late-sales.js',
    guards: [
      {
        name: 'late_sales: PRIMARY KEY (order_id)',
        text: 'order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY',
        without: 'order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, KEY (order_id)',
        test: ['db/late-sales/guards', 'an order has one successor, and a payment buys once, by the keys of the table'],
      },
      {
        name: 'late_sales: one_order_per_successor',
        text: 'UNIQUE KEY one_order_per_successor',
        without: 'KEY one_order_per_successor',
        test: ['db/late-sales/guards', 'an order has one successor, and a payment buys once, by the keys of the table'],
      },
      {
        name: 'late_sales: one_sale_per_payment',
        text: 'UNIQUE KEY one_sale_per_payment',
        without: 'KEY one_sale_per_payment',
        test: ['db/late-sales/guards', 'an order has one successor, and a payment buys once, by the keys of the table'],
      },
    ],
  },
  {
    file: 'src/db/orders/late-sales.js',
    guards: [
      {
        name: 'the late payment of a forgotten order buys nothing',
        text: ' && !forgotten.has(orderId)',
        without: '',
        test: ['db/forget/met-again', 'a late payment buys nothing for a forgotten order: the money goes back'],
      },
      {
        name: 'units are sold WHERE they are available',
        text: 'WHERE p.available >= taken.units',
        without: 'WHERE TRUE',
        test: ['db/late-sales/guards', 'no more units are sold to late payments than there are, whatever the caller'],
      },
      {
        name: 'a sale of fewer SKUs than decided is rolled back',
        text: 'if (affectedRows !== list.length)',
        without: 'if (false)',
        test: ['db/late-sales/guards', 'no more units are sold to late payments than there are, whatever the caller'],
      },
      {
        name: 'a product that is off sale is not sold',
        text: 'active = 1 AND initial',
        without: 'initial',
        test: [
          'db/late-sales/sales',
          'a product that is off sale is not sold to a late payment, and another price does not count',
        ],
      },
      {
        name: 'a product that was changed by hand is not sold',
        text: 'AND initial = available + reserved + sold AS usable',
        without: 'AS usable',
        test: [
          'db/late-sales/sales',
          'a product that was changed by hand is not sold to a late payment, and the orders beside it end',
        ],
      },
      {
        name: 'an order that was canceled longer ago is not sold',
        text: 'INTERVAL ? MICROSECOND, TRUE)',
        without: 'INTERVAL ? MICROSECOND, TRUE) OR TRUE',
        test: [
          'db/late-sales/sales',
          "a late payment buys also after the legacy service's time-out, and not behind the bound",
        ],
      },
      {
        name: 'an order with a successor is not sold again',
        text: '&& !succeeded.has(orderId)',
        without: '',
        test: [
          'db/late-sales/sales',
          'of two late payments of one order the first buys, and the second goes back, also at once',
        ],
      },
      {
        name: 'the stock of a late sale is locked before it is decided',
        text: 'ORDER BY sku FOR UPDATE',
        without: 'ORDER BY sku',
        test: [
          'db/late-sales/guards',
          'a late payment is decided by the stock that a checkout beside it leaves, and waits for this checkout',
        ],
      },
    ],
  },
  {
    file: 'src/db/orders/successors.js',
    guards: [
      {
        name: 'a late payment buys WHERE it is undecided',
        text: " AND status = 'received'",
        without: '',
        test: [
          'db/late-sales/guards',
          'a payment that is decided, or of another order, buys nothing, whatever the caller',
        ],
      },
      {
        name: 'a late payment buys for its own order only',
        text: 'AND order_id = ? AND status',
        without: 'AND ? IS NOT NULL AND status',
        test: [
          'db/late-sales/guards',
          'a payment that is decided, or of another order, buys nothing, whatever the caller',
        ],
      },
    ],
  },
];
