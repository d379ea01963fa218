import { providersIdsOfP } from '../payments/provider-ids.js';

/** Why a closed order stays where it is. */
interface LeftToDo {
  readonly why: string;
  /** Of `checkouts c` and `orders o`. */
  readonly sql: string;
  /** The order may be forgotten: what its events say of the customer is read at their delivery. */
  readonly isOfEvents?: true;
}

const leftToDo: readonly LeftToDo[] = [
  { why: 'its checkout is not closed', sql: 'c.is_open IS NOT NULL' },
  { why: 'its message waits in the outbox', sql: 'c.published_at IS NULL' },
  { why: 'the report of its end to Temporal is due', sql: 'o.report_due IS NOT NULL' },
  {
    why: 'a payment is not finished',
    sql: `EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.order_id
      AND p.status IN ('received', 'unplaced', 'refund_required', 'refund_failed'))`,
  },
  {
    why: 'a capture is not finished',
    sql: `EXISTS (SELECT 1 FROM payments p JOIN authorisations a ON a.payment_id = p.payment_id
      WHERE p.order_id = o.order_id AND a.state IN ('authorised', 'failed'))`,
  },
  {
    why: 'a payment that was begun here is open',
    sql: 'EXISTS (SELECT 1 FROM begun_payments b WHERE b.order_id = o.order_id AND b.is_open = 1)',
  },
  {
    why: 'a refund is not finished',
    sql: "EXISTS (SELECT 1 FROM order_refunds r WHERE r.order_id = o.order_id AND r.state IN ('required', 'failed'))",
  },
  {
    why: 'a dispute is open, or a report of its provider is not applied',
    sql: `EXISTS (SELECT 1 FROM payments p STRAIGHT_JOIN disputes d FORCE INDEX (of_payment)
        ON d.provider = p.provider AND d.payment_id IN (${providersIdsOfP}) WHERE p.order_id = o.order_id
        AND (d.state = 'open' OR d.waiting = 1))
      OR EXISTS (SELECT 1 FROM payments p STRAIGHT_JOIN provider_refunds r FORCE INDEX (of_payment)
        ON r.provider = p.provider AND r.payment_id IN (${providersIdsOfP}) WHERE p.order_id = o.order_id AND r.waiting = 1)`,
  },
  {
    why: 'its stock could not be moved, and waits for a person',
    sql: 'EXISTS (SELECT 1 FROM stock_discrepancies d WHERE d.order_id = o.order_id AND d.resolved_at IS NULL)',
  },
  {
    why: 'an event is not delivered',
    isOfEvents: true,
    sql: 'EXISTS (SELECT 1 FROM events e WHERE e.order_id = o.order_id AND e.delivered_at IS NULL)',
  },
  {
    why: 'an event waits for an endpoint',
    isOfEvents: true,
    sql: `EXISTS (SELECT 1 FROM events e STRAIGHT_JOIN event_deliveries d ON d.position = e.position
      WHERE e.order_id = o.order_id AND d.state = 'waiting')`,
  },
  {
    why: 'Temporal has still to learn that its deadline was moved',
    sql: 'EXISTS (SELECT 1 FROM moved_deadlines m WHERE m.order_id = o.order_id)',
  },
];

const firstOf = (reasons: readonly LeftToDo[]): string =>
  `CASE ${reasons.map(({ why, sql }) => `WHEN ${sql} THEN '${why}'`).join('\n')} END`;

/** An expression of SQL: why the order of `checkouts c` and `orders o` stays; null where nothing is left to do. */
export const whyItStays = firstOf(leftToDo);

/** As {@link whyItStays}, without what is left to do for its events. */
export const whyItWaits = firstOf(leftToDo.filter(({ isOfEvents }) => isOfEvents !== true));
