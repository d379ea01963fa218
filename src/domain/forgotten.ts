/** What is written in place of a text. */
export const FORGOTTEN = 'forgotten';

const PREFIX = `${FORGOTTEN}:`;
const DIGEST = '[0-9a-f]{64}';

/** The digest of a key that was overwritten. */
export const forgottenKey = (sha256: string): string => PREFIX + sha256;

/** A regular expression of SQL. A key of this form is overwritten already. */
export const FORGOTTEN_KEY = `^${PREFIX}${DIGEST}$`;

/**
 * Fields of an event whose texts name no person: ids, states and numbers of this code. Each other text is overwritten, so
 * that a field of a later version is overwritten too.
 */
const keptTexts = new Set([
  ...['orderId', 'paymentId', 'refundId', 'sku', 'currency', 'provider'],
  ...['status', 'expiresAt', 'settledAt', 'cancelReason', 'paidReason', 'reason'],
]);

/** The facts of an event without personal data. Amounts, states and ids stay. */
export const forgetInEvent = (data: unknown, field = ''): unknown => {
  if (typeof data === 'string') return keptTexts.has(field) ? data : FORGOTTEN;
  if (Array.isArray(data)) return data.map((part) => forgetInEvent(part, field));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, forgetInEvent(value, isFreeText(field, name) ? '' : name)]),
  );
};

/** The reason of a refund is what an operator wrote; each other `reason` is a word of this code. */
const isFreeText = (of: string, name: string): boolean => of === 'orderRefund' && name === 'reason';

/** Adjustments without the labels that the shop gave them. */
export const forgetInAdjustments = (adjustments: unknown): unknown =>
  (adjustments as readonly { readonly kind: string }[]).map((one) => ({ ...one, label: one.kind }));
