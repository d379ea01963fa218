import { createHash, randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { v7 as uuid } from 'uuid';
import type { z } from 'zod';
import { mergeLines } from '../domain/allocation.js';
import type { Checkout, CheckoutRequest, CheckoutResult, Checkouts } from '../domain/checkout.js';
import { DomainError } from '../domain/errors.js';
import type { IdempotencyKey } from '../domain/idempotency-key.js';
import type { OrderStatus } from '../domain/order.js';
import { readJson, validate } from './body.js';
import { keyRefusal, refusal } from './checkout-refusal.js';
import { idempotencyKeyOf, isQuoted } from './idempotency-key.js';
import { orderLinks } from './links.js';
import type { OrderDeps } from './order-routes.js';
import { checkoutBody } from './schemas.js';
import { traceparentOf } from './traceparent.js';

export interface CheckoutDeps extends Pick<OrderDeps, 'findOrder'> {
  readonly checkout: Checkouts;
  /** Called once for each new reservation, after it is durable. */
  readonly onReserved: (checkout: Checkout) => void;
  /** Called once for each checkout that was well formed. */
  readonly onResult?: (answer: CheckoutAnswer) => void;
}

/** `overloaded` and `unavailable` are a 503, `failed` is a 500. Each other name is the result of the checkout. */
export type CheckoutAnswer = CheckoutResult['kind'] | 'replayed' | 'overloaded' | 'unavailable' | 'failed';

type Body = z.infer<typeof checkoutBody>;

/**
 * `POST /checkout`: returns 201 once the reservation is durable. A repetition with the same key and body returns 201
 * with the order's present status.
 */
export function checkoutRoute({ checkout, findOrder, onReserved, onResult }: CheckoutDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const key = readKey(request);
    const body = validate(checkoutBody, readJson(request));
    const { result, status } = await decided(toRequest(body, key, request)).catch((error) => {
      onResult?.(failureOf(error));
      throw error;
    });
    onResult?.(result.kind === 'reserved' && result.replayed ? 'replayed' : result.kind);
    if (result.kind !== 'reserved') throw refusal(result, body.items);
    answer(response, result.checkout, status, result.replayed);
  };

  async function decided(wanted: CheckoutRequest): Promise<{ result: CheckoutResult; status: OrderStatus }> {
    const result = await checkout(wanted);
    if (result.kind !== 'reserved') return { result, status: 'placed' };
    if (!result.replayed) onReserved(result.checkout);
    const order = result.replayed ? await findOrder(result.checkout.orderId) : undefined;
    return { result, status: order?.view.status ?? 'placed' };
  }
}

function failureOf(error: unknown): CheckoutAnswer {
  const code = error instanceof DomainError ? error.code : undefined;
  if (code === 'overloaded') return code;
  return code === 'dependency-unavailable' ? 'unavailable' : 'failed';
}

function readKey(request: Request): IdempotencyKey {
  const header = request.get('Idempotency-Key');
  const key = idempotencyKeyOf(header);
  if (key !== undefined) return { idempotencyKey: key, isQuoted: isQuoted(header) };
  throw keyRefusal();
}

function toRequest({ userId, items }: Body, key: IdempotencyKey, request: Request): CheckoutRequest {
  const lines = mergeLines(items);
  return {
    orderId: uuid(),
    userId,
    ...key,
    fingerprint: createHash('sha256')
      .update(JSON.stringify([userId, lines]))
      .digest(),
    lines,
    readToken: randomBytes(32).toString('base64url'),
    traceparent: traceparentOf(request),
  };
}

function answer(response: Response, checkout: Checkout, status: OrderStatus, replayed: boolean): void {
  const { orderId, amount, currency, expiresAt, readToken } = checkout;
  const links = orderLinks(orderId);
  const body = JSON.stringify({ orderId, status, amount, currency, expiresAt, readToken, links });
  response.writeHead(201, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    location: links.order,
    ...(replayed && { 'idempotent-replayed': 'true' }),
  });
  response.end(body);
}
