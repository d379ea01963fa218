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
import { EXPECTED_KEY, idempotencyKeyOf, isQuoted } from './idempotency-key.js';
import { orderLinks } from './links.js';
import type { OrderDeps } from './order-routes.js';
import { fieldError, invalid, Problem } from './problem.js';
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
    if (result.kind !== 'reserved') throw refusal(result, body);
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
  const detail = `expected ${EXPECTED_KEY}`;
  throw new Problem(400, 'idempotency-key', 'Idempotency-Key missing or wrong', `Idempotency-Key: ${detail}`, {
    errors: [{ field: 'Idempotency-Key', detail }],
  });
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

function refusal(result: Exclude<CheckoutResult, { kind: 'reserved' }>, { items }: Body): Problem {
  switch (result.kind) {
    case 'key-reused':
      return new Problem(
        422,
        'idempotency-key-reused',
        'Idempotency-Key used before',
        'This Idempotency-Key was used with another body.',
        { errors: [{ field: 'Idempotency-Key', detail: 'expected a key that was not used with another body' }] },
      );
    case 'out-of-stock':
      return new Problem(409, 'out-of-stock', 'Out of stock', `Not enough of ${named(result.short)}.`, {
        lines: result.short,
      });
    case 'unknown-sku': {
      const unknown = items.flatMap(({ sku }, index) => (result.skus.includes(sku) ? [index] : []));
      return invalid(unknown.map((index) => fieldError(['items', index, 'sku'], 'expected a SKU of the catalogue')));
    }
    case 'mixed-currency':
      return invalid([fieldError(['items'], `expected one currency, not ${result.currencies.join(' and ')}`)]);
    case 'too-many-open-orders':
      return new Problem(409, 'too-many-open-orders', 'Too many open orders', tooMany(result.limit), {
        limit: result.limit,
      });
    case 'too-many-units':
      return new Problem(409, 'too-many-units', 'Too many units', `An order may have at most ${result.limit} units.`, {
        limit: result.limit,
      });
    case 'amount-not-payable':
      return invalid([
        fieldError(
          ['items'],
          `expected a total that is a multiple of ${result.step} minor units of ${result.currency}, as the payment provider takes no other`,
        ),
      ]);
    case 'amount-too-large':
      return invalid([fieldError(['items'], 'expected a total below 2^53 minor units')]);
  }
}

const tooMany = (limit: number): string =>
  `A customer may have at most ${limit} orders that are not paid. Pay or cancel one, or wait until one expires.`;

const named = (lines: readonly { readonly sku: string }[]): string => lines.map(({ sku }) => sku).join(', ');
