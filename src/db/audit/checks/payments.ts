import { authorisationChecks } from './authorisations.js';
import type { Check } from './check.js';

/** The slices cover every id, also ids that no checkout has. So each payment is in one slice. */

export const paymentChecks: readonly Check[] = [
  ...authorisationChecks,
  {
    invariant: 'I6',
    about: 'payments that are not decided',
    sql: `SELECT CONCAT('payment ', p.payment_id) AS subject,
        CONCAT('for order ', p.order_id, ' is not decided since ', p.received_at) AS detail
      FROM payments p WHERE p.status = 'received'
        AND COALESCE(p.placed_at, p.received_at) < UTC_TIMESTAMP(3) - INTERVAL :slack SECOND`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('payment ', p.payment_id) AS subject,
        CONCAT('of ', p.amount, ' ', p.currency, ' is accepted for order ', p.order_id, ', which is ',
          COALESCE(CONCAT(o.status, ' by ', COALESCE(o.payment_id, 'no payment'), ' and costs ', o.amount, ' ', o.currency),
            'not there')) AS detail
      FROM payments p LEFT JOIN orders o ON o.order_id = p.order_id
      WHERE :slice(p.order_id) AND p.status = 'accepted' AND NOT (o.status <=> 'paid' AND o.payment_id <=> p.payment_id
        AND o.amount <=> p.amount AND o.currency <=> p.currency)`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('order ', o.order_id) AS subject,
        CONCAT('is paid by ', o.payment_id, ', which is ', COALESCE(p.status, 'not there')) AS detail
      FROM orders o LEFT JOIN payments p ON p.payment_id = o.payment_id
      WHERE :slice(o.order_id) AND o.payment_id IS NOT NULL AND NOT (p.status <=> 'accepted' AND p.order_id <=> o.order_id)`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('payment ', p.payment_id) AS subject,
        CONCAT('is ', p.status, ', refund ', COALESCE(p.refund_id, 'none'), ', reason ', COALESCE(p.refund_reason, 'none')) AS detail
      FROM payments p
      WHERE :slice(p.order_id) AND ((p.status = 'refunded') <> (p.refund_id IS NOT NULL)
        OR (p.status IN ('refund_required', 'refunded', 'refund_failed', 'voided') AND p.refund_reason IS NULL)
        OR (p.status IN ('received', 'accepted', 'unplaced') AND p.refund_reason IS NOT NULL)
        OR (p.status = 'refund_failed' AND p.refund_failure IS NULL))`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('payment ', e.payment_id) AS subject, CONCAT('event ', e.event_id, ' reported it, and it is not there') AS detail
      FROM payment_events e
      LEFT JOIN payments p ON p.payment_id = e.payment_id AND p.provider = e.provider
      LEFT JOIN payments prefixed ON prefixed.payment_id = CONCAT(e.provider, ':', e.payment_id)
        AND prefixed.provider = e.provider
      WHERE :slice(e.order_id) AND e.type IN ('payment.succeeded', 'payment.authorised') AND p.payment_id IS NULL AND prefixed.payment_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM :other(payments) other WHERE other.provider = e.provider
          AND other.payment_id IN (e.payment_id, CONCAT(e.provider, ':', e.payment_id)))`,
  },
  {
    // FORCE INDEX: in a shop with one provider the server's statistics can choose to read all events for each payment.
    invariant: 'I6',
    sql: `SELECT CONCAT('payment ', p.payment_id) AS subject, 'no event reported it' AS detail
      FROM payments p LEFT JOIN payment_events e FORCE INDEX (of_order)
        ON e.order_id = COALESCE(p.told_order_id, p.order_id) AND e.provider = p.provider
        AND e.type IN ('payment.succeeded', 'payment.authorised') AND p.payment_id IN (e.payment_id, CONCAT(e.provider, ':', e.payment_id))
      WHERE :slice(p.order_id) AND e.event_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM :other(payment_events) other FORCE INDEX (of_order)
          WHERE other.order_id = COALESCE(p.told_order_id, p.order_id) AND other.provider = p.provider
            AND other.type IN ('payment.succeeded', 'payment.authorised')
            AND p.payment_id IN (other.payment_id, CONCAT(other.provider, ':', other.payment_id)))`,
  },
  {
    invariant: 'I6',
    about: 'payments whose order is not known',
    sql: `SELECT CONCAT('payment ', p.payment_id) AS subject,
        CONCAT('is kept for a person, and its order ', p.order_id, ' is there') AS detail
      FROM payments p JOIN checkouts c ON c.order_id = p.order_id
      WHERE p.status = 'unplaced'
        AND GREATEST(p.received_at, c.created_at) < UTC_TIMESTAMP(3) - INTERVAL :slack SECOND`,
  },
  {
    invariant: 'I6',
    about: 'payments that are closed',
    sql: `SELECT CONCAT('payment ', p.payment_id) AS subject, 'is closed, and no person has said why' AS detail
      FROM payments p LEFT JOIN payment_changes c ON c.payment_id = p.payment_id AND c.action = 'close'
      WHERE p.status = 'closed' AND c.payment_id IS NULL`,
  },
];
