import type { Check } from './check.js';

/** Orders that late payments have bought in the place of canceled ones. */
export const lateSaleChecks: readonly Check[] = [
  {
    invariant: 'I2',
    sql: `SELECT CONCAT('order ', s.order_id) AS subject,
        CONCAT('is ', COALESCE(o.status, 'not there'), ' by ', COALESCE(o.cancel_reason, 'no cancel'), ', and its successor ',
          s.successor_id, ' is ', COALESCE(CONCAT(n.status, ' by ', COALESCE(n.payment_id, 'no payment')), 'not there'),
          '; the late payment was ', s.payment_id) AS detail
      FROM late_sales s LEFT JOIN orders o ON o.order_id = s.order_id LEFT JOIN orders n ON n.order_id = s.successor_id
      WHERE :slice(s.order_id) AND NOT (o.status <=> 'canceled'
        AND COALESCE(o.cancel_reason, '') IN ('payment-window-expired', 'legacy-timeout')
        AND n.status <=> 'paid' AND n.payment_id <=> s.payment_id)`,
  },
  {
    invariant: 'I2',
    sql: `SELECT CONCAT('order ', s.successor_id) AS subject,
        CONCAT('differs from the canceled order ', s.order_id, ' in customer, items or amount') AS detail
      FROM late_sales s JOIN checkouts c ON c.order_id = s.order_id JOIN checkouts n ON n.order_id = s.successor_id
      WHERE :slice(s.order_id) AND NOT (n.user_id <=> c.user_id AND n.customer <=> c.customer AND n.items <=> c.items
        AND n.amount = c.amount AND n.currency = c.currency AND n.adjustments <=> c.adjustments)`,
  },
  {
    invariant: 'I2',
    sql: `SELECT CONCAT('order ', c.order_id) AS subject, 'was bought by a late payment, and no canceled order names it' AS detail
      FROM checkouts c LEFT JOIN late_sales s ON s.successor_id = c.order_id
      WHERE :slice(c.order_id) AND c.idempotency_key LIKE 'late-sale %' AND s.successor_id IS NULL`,
  },
];
