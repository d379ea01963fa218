import type { Check } from './check.js';

/** What the provider holds, has taken or has released of a payment that was authorised. */
export const authorisationChecks: readonly Check[] = [
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('payment ', p.payment_id) AS subject,
        CONCAT('of ', p.amount, ' is ', p.status, ', ', p.uncaptured_amount, ' of it is not captured, and its authorisation is ',
          COALESCE(a.state, 'not there')) AS detail
      FROM payments p LEFT JOIN authorisations a ON a.payment_id = p.payment_id
      WHERE :slice(p.order_id) AND NOT (CASE
        WHEN a.state IS NULL THEN p.uncaptured_amount = 0 AND p.status <> 'voided'
        WHEN a.state = 'captured' THEN p.uncaptured_amount BETWEEN 0 AND p.amount AND p.status <> 'voided'
        WHEN a.state = 'voided' THEN p.uncaptured_amount = p.amount AND p.status = 'voided'
        WHEN a.state = 'failed' THEN p.uncaptured_amount = p.amount AND p.status = 'accepted'
        WHEN a.state = 'closed' THEN p.uncaptured_amount = p.amount AND p.status IN ('accepted', 'closed')
        ELSE p.uncaptured_amount = p.amount AND p.status NOT IN ('voided', 'refunded', 'closed') END)`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('payment ', p.payment_id) AS subject,
        'has paid its order and was never captured, its capture is closed, and no person has said why' AS detail
      FROM authorisations a JOIN payments p ON p.payment_id = a.payment_id
      LEFT JOIN payment_changes c ON c.payment_id = a.payment_id AND c.action = 'close'
      WHERE :slice(p.order_id) AND a.state = 'closed' AND c.payment_id IS NULL`,
  },
];
