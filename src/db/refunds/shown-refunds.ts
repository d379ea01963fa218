import type { RefundLine, ShownRefund } from '../../domain/order-refund.js';

/** An expression of SQL: the refunds of the order of `checkouts c`, as JSON; null for none. */
export const shownRefunds = `(SELECT JSON_ARRAYAGG(JSON_OBJECT('refundId', r.refund_id, 'amount', r.amount, 'state', r.state,
    'lines', CAST(r.returned_lines AS CHAR), 'at', DATE_FORMAT(r.requested_at, '%Y-%m-%dT%H:%i:%s.%fZ')))
  FROM order_refunds r WHERE r.order_id = c.order_id)`;

interface Row {
  readonly refundId: string;
  readonly amount: number;
  readonly state: ShownRefund['state'];
  readonly lines: string;
  readonly at: string;
}

/** The database gives the list no order. The ids are UUIDs of version 7, so their order is that of time. */
export function toShownRefunds(json: string | null): ShownRefund[] {
  if (json === null) return [];
  return (JSON.parse(json) as Row[])
    .map((row) => ({ ...row, lines: JSON.parse(row.lines) as RefundLine[], at: new Date(row.at) }))
    .toSorted((one, other) => (one.refundId < other.refundId ? -1 : 1));
}
