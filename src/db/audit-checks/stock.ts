import { type Check, lines } from './check.js';

/** What the reservations themselves add up to, beside what the stock's own columns say. */
const heldBySku = `
  SELECT line.sku, SUM(IF(COALESCE(o.status, 'placed') = 'placed', line.quantity, 0)) AS reserved,
    SUM(IF(o.status = 'paid', line.quantity, 0)) AS sold
  FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id, ${lines}
  GROUP BY line.sku`;

export const stockChecks: readonly Check[] = [
  {
    invariant: 'I1',
    sql: `SELECT CONCAT('sku ', p.sku) AS subject,
        CONCAT('initial ', initial, ', available ', available, ', reserved ', p.reserved, ', sold ', p.sold) AS detail
      FROM products p
      WHERE initial <> available + p.reserved + p.sold OR available < 0 OR p.reserved < 0 OR p.sold < 0`,
  },
  {
    invariant: 'I1',
    sql: `SELECT CONCAT('sku ', p.sku) AS subject, CONCAT('the stock says reserved ', p.reserved, ' and sold ', p.sold,
        '; the orders say reserved ', COALESCE(h.reserved, 0), ' and sold ', COALESCE(h.sold, 0)) AS detail
      FROM products p LEFT JOIN (${heldBySku}) h ON h.sku = CONVERT(p.sku USING utf8mb4)
      WHERE p.reserved <> COALESCE(h.reserved, 0) OR p.sold <> COALESCE(h.sold, 0)`,
  },
  {
    invariant: 'I1',
    sql: `SELECT CONCAT('sku ', h.sku) AS subject, CONCAT('there is no such product; the orders say reserved ',
        h.reserved, ' and sold ', h.sold) AS detail
      FROM (${heldBySku}) h LEFT JOIN products p ON h.sku = CONVERT(p.sku USING utf8mb4)
      WHERE p.sku IS NULL AND (h.reserved <> 0 OR h.sold <> 0)`,
  },
  {
    invariant: 'I1',
    sql: `SELECT CONCAT('order ', order_id) AS subject,
        CONCAT(quantity, ' of ', sku, ' could not be ', movement, ': ', cause, ', found ', found_at) AS detail
      FROM stock_discrepancies WHERE resolved_at IS NULL`,
  },
  {
    invariant: 'I3',
    sql: `SELECT CONCAT('order ', o.order_id) AS subject,
        CONCAT('is ', o.status, ', its stock was ', COALESCE(m.kind, 'not moved')) AS detail
      FROM orders o LEFT JOIN stock_movements m ON m.order_id = o.order_id
      WHERE NOT (m.kind <=> CASE o.status WHEN 'paid' THEN 'sold' WHEN 'canceled' THEN 'released' END)`,
  },
  {
    // The primary key forbids it; the audit does not take the key's word for it.
    invariant: 'I3',
    sql: `SELECT CONCAT('order ', m.order_id) AS subject,
        CONCAT('its stock was moved ', COUNT(*), ' times: ', GROUP_CONCAT(m.kind)) AS detail
      FROM stock_movements m GROUP BY m.order_id HAVING COUNT(*) > 1`,
  },
  {
    invariant: 'I3',
    sql: `SELECT CONCAT('order ', reserved.order_id) AS subject, 'its items are not those that were reserved' AS detail
      FROM (SELECT c.order_id, line.sku, line.quantity, line.unit_price, JSON_LENGTH(c.items) AS items
        FROM checkouts c JOIN orders o ON o.order_id = c.order_id, ${lines}) reserved
      LEFT JOIN order_items i ON i.order_id = reserved.order_id AND CONVERT(i.sku USING utf8mb4) = reserved.sku
        AND i.quantity = reserved.quantity AND i.unit_price = reserved.unit_price
      WHERE i.order_id IS NULL
        OR items <> (SELECT COUNT(*) FROM order_items every WHERE every.order_id = reserved.order_id)
      GROUP BY reserved.order_id`,
  },
];
