import type { IncomingHttpHeaders, OutgoingHttpHeader } from 'node:http';
import { v7 as uuid } from 'uuid';
import type { z } from 'zod';
import { mergeLines } from '../domain/allocation.js';
import type { Checkout, CheckoutRequest, CheckoutResult, Checkouts } from '../domain/checkout.js';
import { DomainError } from '../domain/errors.js';
import type { IdempotencyKey } from '../domain/idempotency-key.js';
import type { OrderStatus } from '../domain/order.js';
import { statusAtCheckout } from '../domain/totals.js';
import { readJson, validate } from './body.js';
import { type CheckoutAccess, createCallerOf, onlyForBackend } from './checkout-caller.js';
import { keyRefusal, refusal } from './checkout-refusal.js';
import { fingerprintOf } from './fingerprint.js';
import { idempotencyKeyOf, isQuoted } from './idempotency-key.js';
import { orderLinks } from './links.js';
import { extrasOf } from './order-extras.js';
import type { OrderDeps } from './order-routes.js';
import { methodOf } from './payment-method.js';
import { createRandom } from './random.js';
import { checkoutBody } from './schemas.js';
import { traceparentOf } from './traceparent.js';

export interface CheckoutDeps extends Pick<OrderDeps, 'findOrder'>, CheckoutAccess {
  readonly checkout: Checkouts;
  /** How long the stock is held, by payment method, in milliseconds. */
  readonly paymentWindows: ReadonlyMap<string, number>;
  /** Called once for each new reservation, after it is durable. */
  readonly onReserved: (checkout: Checkout) => void;
  /** Called once for each checkout that was well formed. */
  readonly onResult?: (answer: CheckoutAnswer) => void;
}

/** `overloaded` and `unavailable` are a 503, `failed` is a 500. Each other name is the result of the checkout. */
export type CheckoutAnswer = CheckoutResult['kind'] | 'replayed' | 'overloaded' | 'unavailable' | 'failed';

/** The body of a 201 and its headers, in pairs. */
export interface Placed {
  readonly body: string;
  readonly headers: readonly OutgoingHttpHeader[];
}

type Body = z.infer<typeof checkoutBody>;

/**
 * `POST /checkout` without its transport: resolves once the reservation is durable. A repetition with the same key and
 * body resolves with the order's present status.
 *
 * @throws {Problem} for a refused checkout
 */
export function createPlaceCheckout(deps: CheckoutDeps) {
  const { checkout, paymentWindows, findOrder, onReserved, onResult } = deps;
  const random = createRandom();
  const callerOf = createCallerOf(deps);

  return async (headers: IncomingHttpHeaders, bytes: unknown): Promise<Placed> => {
    const caller = callerOf(headers);
    const key = readKey(headers['idempotency-key']);
    const body = validate(checkoutBody, readJson(bytes));
    onlyForBackend(caller, fieldsOfBackend(body));
    const { result, status } = await decided(toRequest(body, key, headers)).catch((error) => {
      onResult?.(failureOf(error));
      throw error;
    });
    onResult?.(result.kind === 'reserved' && result.replayed ? 'replayed' : result.kind);
    if (result.kind !== 'reserved') throw refusal(result, body.items, caller);
    return answer(result.checkout, status, result.replayed);
  };

  async function decided(wanted: CheckoutRequest): Promise<{ result: CheckoutResult; status: OrderStatus }> {
    const result = await checkout(wanted);
    if (result.kind !== 'reserved') return { result, status: 'placed' };
    if (!result.replayed) onReserved(result.checkout);
    const order = result.replayed ? await findOrder(result.checkout.orderId) : undefined;
    return { result, status: order?.view.status ?? statusAtCheckout(result.checkout) };
  }

  function toRequest(
    { userId: customer, items, paymentMethod, ...more }: Body,
    key: IdempotencyKey,
    headers: IncomingHttpHeaders,
  ): CheckoutRequest {
    const userId = customer ?? null;
    const lines = mergeLines(items);
    const method = methodOf(paymentWindows, paymentMethod);
    const extras = extrasOf(more);
    return {
      orderId: uuid({ random: random(16) }),
      userId,
      ...key,
      fingerprint: fingerprintOf([userId, lines], { paymentMethod, ...extras }),
      lines,
      ...method,
      ...extras,
      readToken: random(32).toString('base64url'),
      traceparent: traceparentOf(headers, random),
    };
  }
}

/** The fields of this body that only the shop's backend may use. */
const fieldsOfBackend = ({ adjustments, items }: Body): PropertyKey[][] => [
  ...(adjustments === undefined ? [] : [['adjustments']]),
  ...items.flatMap(({ unitPrice }, index) => (unitPrice === undefined ? [] : [['items', index, 'unitPrice']])),
];

function failureOf(error: unknown): CheckoutAnswer {
  const code = error instanceof DomainError ? error.code : undefined;
  if (code === 'overloaded') return code;
  return code === 'dependency-unavailable' ? 'unavailable' : 'failed';
}

function readKey(given: string | string[] | undefined): IdempotencyKey {
  const header = typeof given === 'string' ? given : undefined;
  const key = idempotencyKeyOf(header);
  if (key !== undefined) return { idempotencyKey: key, isQuoted: isQuoted(header) };
  throw keyRefusal();
}

function answer(checkout: Checkout, status: OrderStatus, replayed: boolean): Placed {
  const { orderId, amount, currency, expiresAt, paymentMethod, readToken } = checkout;
  const links = orderLinks(orderId);
  const body = JSON.stringify({ orderId, status, amount, currency, expiresAt, paymentMethod, readToken, links });
  const headers = ['content-type', 'application/json', 'content-length', Buffer.byteLength(body)];
  return {
    body,
    headers: [...headers, 'location', links.order, ...(replayed ? ['idempotent-replayed', 'true'] : [])],
  };
}
