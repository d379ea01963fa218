import { z } from 'zod';
import type { Checkout } from '../domain/checkout.js';
import { LONGEST_CUSTOMER, toCustomer } from '../domain/customer.js';

/** `order_id` in the form of this service. A message that names no order of ours is a dead letter. */
const orderId = z.uuid().toLowerCase();

const wrongUser = {
  error: `expected a 64-bit integer, a text of up to ${LONGEST_CUSTOMER} characters, or null for a guest`,
};
const isInt64 = (text: string): boolean =>
  /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
const user = z
  .union([z.int(wrongUser), z.string().refine((text) => toCustomer(text) !== undefined, wrongUser)], wrongUser)
  .nullish();

/** RFC 3339, with any number of fraction digits and any offset, as Go's encoder writes a time. */
const rfc3339 = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/, {
    error: 'expected an RFC 3339 time',
    abort: true,
  })
  .refine((text) => !Number.isNaN(Date.parse(text)), { error: 'expected an RFC 3339 time that exists' });

export const createMessage = z.object({
  order_id: orderId,
  user_id: user,
  items: z
    .array(z.object({ sku: z.string().min(1), quantity: z.int().positive(), unit_price: z.int().nonnegative() }))
    .min(1),
  amount: z.int().nonnegative(),
  currency: z.string().regex(/^[A-Z]{3}$/, { error: 'expected an ISO 4217 code' }),
  created_at: rfc3339,
  expires_at: rfc3339,
  // Since these two are optional, a consumer of the earlier fields reads the message as before.
  adjustments: z
    .array(z.object({ kind: z.string().min(1), label: z.string(), amount: z.int(), included: z.boolean().optional() }))
    .nullish(),
  reference: z.string().min(1).max(64).nullish(),
});

/** The fields of the legacy service. Only the order's id is required. */
export const cancelMessage = z.object({
  order_id: orderId,
  user_id: user,
  created_at: rfc3339.nullish(),
  reason: z.string().max(1000).nullish(),
});

export type CreateMessage = z.infer<typeof createMessage>;
export type CancelMessage = z.infer<typeof cancelMessage>;

export type Parsed<T> = { readonly ok: true; readonly message: T } | { readonly ok: false; readonly reason: string };

/** The reasons to park a valid message. */
export const noCheckout = (id: string): string => `order_id: no checkout has the id ${id}`;
export const notItsUser = (id: string): string => `user_id: order ${id} is another user's`;

/** Unknown fields are ignored, so that another service may add fields. */
export const parseCreateMessage = (content: Buffer): Parsed<CreateMessage> => parse(createMessage, content);
export const parseCancelMessage = (content: Buffer): Parsed<CancelMessage> => parse(cancelMessage, content);

export function encodeCreateMessage(checkout: Checkout): Buffer {
  const message: CreateMessage = {
    order_id: checkout.orderId,
    user_id: checkout.userId,
    items: checkout.items.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, unit_price: unitPrice })),
    amount: checkout.amount,
    currency: checkout.currency,
    created_at: checkout.createdAt.toISOString(),
    expires_at: checkout.expiresAt.toISOString(),
    ...(checkout.adjustments && { adjustments: [...checkout.adjustments] }),
    ...(checkout.reference !== undefined && { reference: checkout.reference }),
  };
  return Buffer.from(JSON.stringify(message));
}

/** The order of a message, with the names of this code. */
export const orderOf = (message: CreateMessage) => ({
  orderId: message.order_id,
  userId: message.user_id ?? null,
  items: message.items.map(({ sku, quantity, unit_price: unitPrice }) => ({ sku, quantity, unitPrice })),
  amount: message.amount,
  currency: message.currency,
  expiresAt: message.expires_at,
  ...(message.adjustments && { adjustments: message.adjustments }),
  ...(message.reference && { reference: message.reference }),
});

/**
 * At most so many problems are named: a person does not read the reason of a message with many wrong lines. A rule of
 * thumb.
 */
const REASONS = 5;

function parse<T>(schema: z.ZodType<T>, content: Buffer): Parsed<T> {
  const json = readJson(content);
  if (!json.ok) return json;
  const result = schema.safeParse(json.message);
  if (result.success) return { ok: true, message: result.data };
  const { issues } = result.error;
  const reasons = issues.slice(0, REASONS).map(({ path, message }) => `${path.join('.') || 'message'}: ${message}`);
  if (issues.length > REASONS) reasons.push(`and ${issues.length - REASONS} more`);
  return { ok: false, reason: reasons.join('; ') };
}

function readJson(content: Buffer): Parsed<unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    return { ok: true, message: JSON.parse(text, keepLargeUserId) };
  } catch {
    return { ok: false, reason: `not JSON in UTF-8 (${content.length} bytes)` };
  }
}

/**
 * A user's id beyond 2^53 stays a string with all digits, because a number would be rounded. Other fields stay numbers,
 * and so does an id beyond 64 bits, which no service has sent as a text.
 */
function keepLargeUserId(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const { source } = context ?? {};
  if (key !== 'user_id' || typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined)
    return value;
  return isInt64(source) ? source : value;
}
