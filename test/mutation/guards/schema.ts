import type { Guard, GuardedFile } from '../guard.js';

/** The rules of the tables: each key and each check alone refuses what its name says. */

const refuses = (what: string): Guard['test'] => ['db/schema-guards', `the schema refuses ${what}`];

export const schema: readonly GuardedFile[] = [
  {
    file: 'src/db/migrations/0001-orders.js',
    guards: [
      {
        name: 'products: PRIMARY KEY (sku)',
        text: 'NOT NULL PRIMARY KEY,\n    name VARCHAR',
        without: 'NOT NULL,\n    KEY (sku),\n    name VARCHAR',
        test: refuses('one SKU twice'),
      },
      {
        name: 'products: price_not_negative',
        text: 'CONSTRAINT price_not_negative CHECK (unit_price >= 0),',
        without: '',
        test: refuses('a negative price'),
      },
      {
        name: 'products: stock_never_negative, available',
        text: 'CHECK (available >= 0 AND',
        without: 'CHECK (',
        test: refuses('negative stock'),
      },
      {
        name: 'products: stock_never_negative, reserved',
        text: 'AND reserved >= 0 AND',
        without: 'AND',
        test: refuses('a negative reserved number'),
      },
      {
        name: 'products: stock_never_negative, sold',
        text: ' AND sold >= 0)',
        without: ')',
        test: refuses('a negative sold number'),
      },
      {
        name: 'products: stock_conserved',
        text: ',\n    CONSTRAINT stock_conserved CHECK (initial = available + reserved + sold)',
        without: '',
        test: refuses('stock that does not add up'),
      },
      {
        name: 'checkouts: PRIMARY KEY (order_id)',
        text: `CREATE TABLE IF NOT EXISTS checkouts (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,`,
        without: `CREATE TABLE IF NOT EXISTS checkouts (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    KEY (order_id),`,
        test: refuses('one order id for two checkouts'),
      },
      {
        name: 'checkouts: one_reservation_per_key',
        text: 'UNIQUE KEY one_reservation_per_key',
        without: 'KEY one_reservation_per_key',
        test: refuses('one key for two checkouts'),
      },
      {
        name: 'orders: PRIMARY KEY (order_id)',
        text: `CREATE TABLE IF NOT EXISTS orders (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,`,
        without: `CREATE TABLE IF NOT EXISTS orders (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    KEY (order_id),`,
        test: refuses('one order twice'),
      },
      {
        name: 'orders: one_order_per_payment',
        text: 'UNIQUE KEY one_order_per_payment',
        without: 'KEY one_order_per_payment',
        test: refuses('one payment for two orders'),
      },
      {
        name: 'orders: order_was_checked_out',
        text: ',\n    CONSTRAINT order_was_checked_out FOREIGN KEY (order_id) REFERENCES checkouts (order_id)',
        without: '',
        test: refuses('an order without a checkout'),
      },
      {
        name: 'order_items: PRIMARY KEY (order_id, sku)',
        text: 'PRIMARY KEY (order_id, sku)',
        without: 'KEY (order_id, sku)',
        test: refuses('one line twice'),
      },
      {
        name: 'order_items: item_has_order',
        text: 'CONSTRAINT item_has_order FOREIGN KEY (order_id) REFERENCES orders (order_id),',
        without: '',
        test: refuses('a line without an order'),
      },
      {
        name: 'order_items: quantity_positive',
        text: ',\n    CONSTRAINT quantity_positive CHECK (quantity > 0)',
        without: '',
        test: refuses('a line with the quantity 0'),
      },
      {
        name: 'stock_movements: PRIMARY KEY (order_id)',
        text: "NOT NULL PRIMARY KEY,\n    kind ENUM('sold', 'released')",
        without: "NOT NULL,\n    KEY (order_id),\n    kind ENUM('sold', 'released')",
        test: ['db/settlement-guards', 'an order whose stock has moved is not ended, whatever its status'],
      },
      {
        name: 'stock_movements: movement_has_order',
        text: ',\n    CONSTRAINT movement_has_order FOREIGN KEY (order_id) REFERENCES orders (order_id)',
        without: '',
        test: refuses('a movement without an order'),
      },
      {
        name: 'payment_events: PRIMARY KEY (provider, event_id)',
        text: 'PRIMARY KEY (provider, event_id)',
        without: 'KEY (provider, event_id)',
        test: ['db/payments', 'the same event again is a repetition'],
      },
      {
        name: 'payments: PRIMARY KEY (payment_id)',
        text: 'NOT NULL PRIMARY KEY,\n    provider VARCHAR(32)',
        without: 'NOT NULL,\n    KEY (payment_id),\n    provider VARCHAR(32)',
        test: ['db/payments', 'two events for one payment store one payment'],
      },
    ],
  },
  {
    file: 'src/db/migrations/0002-open-places.js',
    guards: [
      {
        name: 'checkouts: one_open_order_per_place',
        text: 'ADD UNIQUE KEY one_open_order_per_place',
        without: 'ADD KEY one_open_order_per_place',
        test: refuses('one place for two open orders'),
      },
    ],
  },
  {
    file: 'src/db/migrations/0012-totals.js',
    guards: [
      {
        name: 'checkouts: one_order_per_reference',
        text: 'ADD UNIQUE KEY one_order_per_reference',
        without: 'ADD KEY one_order_per_reference',
        test: refuses('one reference for two orders'),
      },
    ],
  },
  {
    file: 'src/db/migrations/0005-stock-in-use.js',
    guards: [
      {
        name: 'products_in_use: product_is_in_use',
        text: ',\n    CONSTRAINT product_is_in_use FOREIGN KEY (sku) REFERENCES products (sku) ON DELETE RESTRICT ON UPDATE RESTRICT',
        without: '',
        test: refuses('a mark without a product'),
      },
    ],
  },
];
