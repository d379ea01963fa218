import { adjustments, type Check, lines } from './check.js';

export const orderChecks: readonly Check[] = [
  {
    invariant: 'I2',
    // An order past its deadline holds its stock until a sweep ends the order, and longer by a bounded time while its
    // payments are closed. The sweep does not find an order whose checkout says that the order has ended.
    sql: `SELECT CONCAT('order ', order_id) AS subject, IF(late, 'I4', NULL) AS also,
        CONCAT(IF(is_open IS NULL, 'is placed, and its checkout says that it has ended', ''),
          IF(is_open IS NULL AND late, '; ', ''),
          IF(late, CONCAT('neither paid nor canceled, and still holds stock, deadline ', expires_at), '')) AS detail
      FROM (SELECT c.order_id, c.is_open, c.expires_at, COALESCE(o.close_payments_by,
            c.expires_at + INTERVAL COALESCE(o.close_payments_ms, 0) * 1000 MICROSECOND) < UTC_TIMESTAMP(3) - INTERVAL :slack SECOND AS late
        FROM checkouts c LEFT JOIN orders o ON o.order_id = c.order_id
        WHERE :slice(c.order_id) AND COALESCE(o.status, 'placed') = 'placed') AS placed
      WHERE late OR is_open IS NULL`,
  },
  {
    invariant: 'I2',
    sql: `SELECT CONCAT('order ', o.order_id) AS subject, CONCAT('is ', o.status, ' with payment ',
        COALESCE(o.payment_id, 'none'), ', amount ', o.amount, ', paid reason ',
        COALESCE(o.paid_reason, 'none'), ', cancel reason ', COALESCE(o.cancel_reason, 'none'), ', settled ',
        COALESCE(o.settled_at, 'never')) AS detail
      FROM orders o
      WHERE :slice(o.order_id) AND ((o.status = 'paid') <> (o.payment_id IS NOT NULL OR o.paid_reason IS NOT NULL)
        OR (o.paid_reason IS NOT NULL AND (o.payment_id IS NOT NULL OR o.amount <> 0))
        OR (o.status = 'canceled') <> (o.cancel_reason IS NOT NULL)
        OR (o.status = 'placed') <> (o.settled_at IS NULL))`,
  },
  {
    invariant: 'I2',
    sql: `SELECT CONCAT('order ', o.order_id) AS subject, 'differs from its checkout in customer, amount, currency or times' AS detail
      FROM orders o LEFT JOIN checkouts c ON c.order_id = o.order_id
      WHERE :slice(o.order_id) AND (c.order_id IS NULL OR NOT (c.user_id <=> o.user_id)
        OR NOT (NULLIF(c.customer, '') <=> o.customer) OR c.amount <> o.amount
        OR c.currency <> o.currency OR c.expires_at <> o.expires_at)`,
  },
  {
    invariant: 'I2',
    sql: `SELECT CONCAT('order ', of_items.order_id) AS subject,
        CONCAT('costs ', of_items.amount, ', its items together ', of_items.sum,
          IF(adjusted.sum IS NULL, '', CONCAT(', its adjustments ', adjusted.sum))) AS detail
      FROM (SELECT c.order_id, c.amount, COALESCE(SUM(line.quantity * line.unit_price), 0) AS sum
        FROM checkouts c LEFT JOIN ${lines} ON TRUE
        WHERE :slice(c.order_id) GROUP BY c.order_id, c.amount) of_items
      LEFT JOIN (SELECT c.order_id, SUM(adjustment.amount) AS sum
        FROM checkouts c, ${adjustments}
        WHERE :slice(c.order_id) AND c.adjustments IS NOT NULL AND adjustment.included IS NULL
        GROUP BY c.order_id) adjusted ON adjusted.order_id = of_items.order_id
      WHERE of_items.amount <> of_items.sum + COALESCE(adjusted.sum, 0)`,
  },
];
