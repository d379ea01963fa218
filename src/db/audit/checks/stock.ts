import { type Check, lines } from './check.js';

/**
 * The columns of `products`, next to the sums of recorded orders by their items, of others by their checkouts, and of
 * archived orders by their totals.
 */
const bySku = `SELECT sku, MAX(known) AS known, SUM(says_reserved) AS says_reserved, SUM(says_sold) AS says_sold,
    SUM(held) AS held, SUM(bought) AS bought
  FROM (
    SELECT sku, 1 AS known, reserved AS says_reserved, sold AS says_sold, 0 AS held, 0 AS bought FROM products
    UNION ALL
    SELECT i.sku, 0, 0, 0, SUM(IF(o.status = 'placed', i.quantity, 0)), SUM(IF(o.status = 'paid', i.quantity, 0))
    FROM orders o JOIN order_items i ON i.order_id = o.order_id WHERE o.status IN ('placed', 'paid') GROUP BY i.sku
    UNION ALL
    SELECT line.sku, 0, 0, 0, line.quantity, 0
    FROM checkouts c FORCE INDEX (open_by_deadline) LEFT JOIN orders o ON o.order_id = c.order_id, ${lines}
    WHERE c.is_open = 1 AND o.order_id IS NULL
    UNION ALL
    SELECT sku, 0, 0, 0, 0, sold FROM archived_units
  ) AS each_of GROUP BY sku`;

export const stockChecks: readonly Check[] = [
  {
    invariant: 'I1',
    about: 'the stock of each SKU by itself',
    sql: `SELECT CONCAT('sku ', p.sku) AS subject,
        CONCAT('initial ', initial, ', available ', available, ', reserved ', p.reserved, ', sold ', p.sold) AS detail
      FROM products p
      WHERE initial <> available + p.reserved + p.sold OR available < 0 OR p.reserved < 0 OR p.sold < 0`,
  },
  {
    invariant: 'I1',
    about: 'the stock of each SKU beside its ledger',
    sql: `SELECT CONCAT('sku ', p.sku) AS subject,
        CONCAT('initial ', p.initial, '; its changes sum up to ', COALESCE(changes.quantity, 0)) AS detail
      FROM products p
      LEFT JOIN (SELECT sku, SUM(quantity) AS quantity FROM stock_changes GROUP BY sku) changes ON changes.sku = p.sku
      WHERE p.initial <> COALESCE(changes.quantity, 0)`,
  },
  {
    invariant: 'I1',
    about: 'the stock of each SKU beside all orders',
    sql: `SELECT CONCAT('sku ', sku) AS subject,
        CONCAT(IF(known, CONCAT('the stock says reserved ', says_reserved, ' and sold ', says_sold),
          'there is no such product'), '; the orders say reserved ', held, ' and sold ', bought) AS detail
      FROM (${bySku}) AS every WHERE says_reserved <> held OR says_sold <> bought`,
  },
  {
    invariant: 'I1',
    about: 'stock that could not be moved',
    sql: `SELECT CONCAT('order ', order_id) AS subject,
        CONCAT(quantity, ' of ', sku, ' could not be ', movement, ': ', cause, ', found ', found_at) AS detail
      FROM stock_discrepancies WHERE resolved_at IS NULL`,
  },
  {
    invariant: 'I3',
    sql: `SELECT CONCAT('order ', o.order_id) AS subject,
        CONCAT('is ', o.status, ', its stock was ', COALESCE(m.kind, 'not moved')) AS detail
      FROM orders o LEFT JOIN stock_movements m ON m.order_id = o.order_id
      WHERE :slice(o.order_id) AND NOT (m.kind <=> CASE o.status WHEN 'paid' THEN 'sold' WHEN 'canceled' THEN 'released' END)`,
  },
  {
    invariant: 'I3',
    sql: `SELECT CONCAT('order ', c.order_id) AS subject, 'is in the shop and in the archive' AS detail
      FROM checkouts c JOIN :other(checkouts) other ON other.order_id = c.order_id WHERE :slice(c.order_id)`,
  },
  {
    // The primary key forbids a second movement. The audit checks also that the key is there.
    invariant: 'I3',
    sql: `SELECT CONCAT('order ', m.order_id) AS subject,
        CONCAT('its stock was moved ', COUNT(*), ' times: ', GROUP_CONCAT(m.kind)) AS detail
      FROM stock_movements m WHERE :slice(m.order_id) GROUP BY m.order_id HAVING COUNT(*) > 1`,
  },
  {
    invariant: 'I3',
    sql: `SELECT CONCAT('order ', reserved.order_id) AS subject, 'its items are not those that were reserved' AS detail
      FROM (SELECT c.order_id, line.sku, line.quantity, line.unit_price, JSON_LENGTH(c.items) AS items
        FROM checkouts c JOIN orders o ON o.order_id = c.order_id, ${lines}
        WHERE :slice(c.order_id)) reserved
      LEFT JOIN order_items i ON i.order_id = reserved.order_id AND i.sku = reserved.sku
        AND i.quantity = reserved.quantity AND i.unit_price = reserved.unit_price
      WHERE i.order_id IS NULL
        OR items <> (SELECT COUNT(*) FROM order_items every WHERE every.order_id = reserved.order_id)
      GROUP BY reserved.order_id`,
  },
];
