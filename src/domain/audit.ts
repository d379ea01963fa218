/** The invariants; `orders audit` checks them, and every story and test ends with it. */
export const INVARIANTS = {
  I1: "for each SKU: the sum of its stock's changes = available + reserved + sold, and none is negative",
  I2: 'every checkout is placed before its deadline and ends paid or canceled, never both, never neither',
  I3: "an order's stock is released or sold at most once",
  I4: 'nothing stays reserved past its deadline and a small slack',
  I5: 'every message is handled, in the dead-letter queue, or still in the outbox',
  I6: 'money received for an order that is not paid is refunded or marked for refund, once',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** One violation: the rule, the subject (`order …`, `sku …`, `payment …`), and what the audit saw. */
export interface Finding {
  readonly invariant: Invariant;
  readonly subject: string;
  readonly detail: string;
}

/** Work that is correct and not finished: no rule is broken, and a person may want to look. */
export type OpenItem = Pick<Finding, 'subject' | 'detail'>;
