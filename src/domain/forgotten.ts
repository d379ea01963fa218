/** What is written in place of a text. */
export const FORGOTTEN = 'forgotten';

/** The digest of a key that was overwritten. */
export const forgottenKey = (sha256: string): string => `${FORGOTTEN}:${sha256}`;

/**
 * Fields of an event whose texts name no person: ids, states, times and words of this code. Each other text is
 * overwritten, so that a field of a later version is overwritten too. A test compares what is left with the schemas.
 */
const keptTexts = new Set([
  ...['orderId', 'paymentId', 'refundId', 'disputeId', 'sku', 'currency', 'provider'],
  ...['status', 'outcome', 'by', 'expiresAt', 'previousExpiresAt', 'settledAt', 'cancelReason', 'paidReason', 'reason'],
]);

/**
 * The facts of an event without personal data. Amounts, states and ids stay. The `reason` of a refund of an order is what
 * an operator wrote, that of a dispute is in the provider's words, and each other one is a word of this code.
 */
export const forgetInEvent = (data: unknown, field = ''): unknown => {
  if (typeof data === 'string') return keptTexts.has(field) ? data : FORGOTTEN;
  if (Array.isArray(data)) return data.map((part) => forgetInEvent(part, field));
  if (typeof data !== 'object' || data === null) return data;
  const isFreeText = (name: string): boolean => name === 'reason' && (field === 'orderRefund' || 'disputeId' in data);
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, forgetInEvent(value, isFreeText(name) ? '' : name)]),
  );
};

/** Adjustments without the labels that the shop gave them. */
export const forgetInAdjustments = (adjustments: unknown): unknown =>
  (adjustments as readonly { readonly kind: string }[]).map((one) => ({ ...one, label: one.kind }));
