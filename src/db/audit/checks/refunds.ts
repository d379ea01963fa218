import { unprefixedIdOfP } from '../../payments/provider-ids.js';
import type { Check } from './check.js';

/** A table expression: the units of each refund `r`, as rows of `line`; `n` counts from 1. */
const lines = `JSON_TABLE(r.returned_lines, '$[*]' COLUMNS (
    n FOR ORDINALITY,
    sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku',
    quantity BIGINT PATH '$.quantity')) line`;

/** Refunds and returns of orders that were paid. */
export const refundChecks: readonly Check[] = [
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('payment ', of_payment.payment_id) AS subject,
        CONCAT('of ', amount, ', of which ', uncaptured_amount, ' is not captured, is ', status, ', says that ', returned_amount, ' went or goes back, its refunds are together ',
          refunds, ', and lost disputes have taken ', disputed) AS detail
      FROM (SELECT p.payment_id, p.amount, p.uncaptured_amount, p.status, p.returned_amount, COALESCE(SUM(r.amount - r.displaced), 0) AS refunds,
          (SELECT COALESCE(SUM(d.taken), 0) FROM disputes d FORCE INDEX (of_payment)
            WHERE d.provider = p.provider AND d.payment_id IN (p.payment_id, ${unprefixedIdOfP})) AS disputed
        FROM payments p LEFT JOIN order_refunds r ON r.payment_id = p.payment_id
        WHERE :slice(p.order_id) GROUP BY p.payment_id, p.amount, p.uncaptured_amount, p.status, p.returned_amount, p.provider) of_payment
      WHERE returned_amount <> refunds + disputed
        OR (returned_amount > 0 AND (returned_amount > amount - uncaptured_amount OR status <> 'accepted'))`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('refund ', r.refund_id) AS subject,
        CONCAT('of ', r.amount, ' by payment ', COALESCE(r.payment_id, 'none'), ' is for order ', r.order_id, ', which is ',
          COALESCE(CONCAT(o.status, ' by ', COALESCE(o.payment_id, 'no payment')), 'not there')) AS detail
      FROM order_refunds r LEFT JOIN orders o ON o.order_id = r.order_id
      WHERE :slice(r.order_id) AND NOT (o.status <=> 'paid' AND (r.payment_id IS NULL OR r.payment_id <=> o.payment_id))`,
  },
  {
    invariant: 'I6',
    sql: `SELECT CONCAT('refund ', r.refund_id) AS subject,
        CONCAT('is ', r.state, ' with ', COALESCE(r.refunded_amount, 'all'), ' of ', r.amount,
          IF(r.state = 'closed', ', and no person has said why', '')) AS detail
      FROM order_refunds r
      WHERE :slice(r.order_id) AND (r.refunded_amount NOT BETWEEN 1 AND r.amount
        OR r.displaced NOT BETWEEN 0 AND r.amount OR (r.state = 'closed' AND NOT EXISTS (
        SELECT 1 FROM payment_changes c
        WHERE c.payment_id = r.payment_id AND c.order_refund_id = r.refund_id AND c.action = 'close')))`,
  },
  {
    invariant: 'I1',
    sql: `SELECT CONCAT('order ', i.order_id) AS subject,
        CONCAT('says that ', i.returned, ' of ', i.quantity, ' of ', i.sku, ' came back, and its refunds say ',
          COALESCE(back.units, 0)) AS detail
      FROM order_items i
      LEFT JOIN (SELECT r.order_id, line.sku, SUM(line.quantity) AS units FROM order_refunds r, ${lines}
        WHERE :slice(r.order_id) GROUP BY r.order_id, line.sku) back ON back.order_id = i.order_id AND back.sku = i.sku
      WHERE :slice(i.order_id) AND (i.returned <> COALESCE(back.units, 0) OR i.returned NOT BETWEEN 0 AND i.quantity)`,
  },
  {
    invariant: 'I1',
    sql: `SELECT CONCAT('refund ', back.refund_id) AS subject,
        CONCAT('puts ', back.quantity, ' of ', back.sku, ' on the shelf, and the ledger has ',
          COALESCE(CONCAT(c.kind, ' ', c.quantity, ' of ', c.sku), 'no such row')) AS detail
      FROM (SELECT r.refund_id, line.sku, line.quantity,
          CONVERT(CONCAT('refund:', r.refund_id, ':', line.n - 1) USING ascii) COLLATE ascii_bin AS ledger_key
        FROM order_refunds r, ${lines} WHERE :slice(r.order_id) AND r.restock = 1) back
      LEFT JOIN stock_changes c ON c.idempotency_key = back.ledger_key
      WHERE NOT (c.kind <=> 'returned' AND c.sku <=> back.sku AND c.quantity <=> back.quantity)`,
  },
];
