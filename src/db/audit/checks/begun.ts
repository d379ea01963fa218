import type { Check } from './check.js';

/** Payments that were begun here. */
export const begunChecks: readonly Check[] = [
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('begun payment ', b.begun_id) AS subject,
        CONCAT('is paid by ', b.payment_id, ' at ', b.provider, ', and no such payment of order ', b.order_id, ' is there') AS detail
      FROM begun_payments b
      LEFT JOIN payments p ON p.payment_id = b.payment_id AND p.provider = b.provider
      LEFT JOIN payments prefixed ON prefixed.payment_id = CONCAT(b.provider, ':', b.payment_id)
        AND prefixed.provider = b.provider
      WHERE :slice(b.order_id) AND b.state = 'paid' AND p.payment_id IS NULL AND prefixed.payment_id IS NULL`,
  },
  {
    // A customer could still pay. While its provider is away, the sweep looks again at least every five minutes.
    invariant: 'I6',
    sql: `SELECT CONCAT('begun payment ', b.begun_id) AS subject,
        CONCAT('of order ', b.order_id, ', which is ', o.status, ', is open, and no process has looked at it since ', b.due_at) AS detail
      FROM begun_payments b JOIN orders o ON o.order_id = b.order_id
      WHERE :slice(b.order_id) AND b.is_open = 1 AND b.due_at < UTC_TIMESTAMP(3) - INTERVAL :slack SECOND`,
  },
  {
    invariant: 'I4',
    sql: `SELECT CONCAT('order ', o.order_id) AS subject,
        CONCAT('would wait ', o.close_payments_ms, ' ms for the close of payments, and none was begun') AS detail
      FROM orders o LEFT JOIN begun_payments b ON b.order_id = o.order_id
      WHERE :slice(o.order_id) AND o.close_payments_ms > 0 AND b.order_id IS NULL`,
  },
];
