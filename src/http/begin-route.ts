import type { Request, Response } from 'express';
import type { AskedBegin, BeginResult } from '../domain/begun-payment.js';
import { beginRefusal } from './begin-refusal.js';
import { beginBody } from './begin-schemas.js';
import { readJson, validate } from './body.js';
import { authorized, type OrderDeps, ownOrder } from './order-routes.js';

export interface BeginDeps {
  /** Begins a payment of the order, once, however often it is asked. */
  readonly beginPayment: (asked: AskedBegin) => Promise<BeginResult>;
}

/**
 * `POST /orders/:orderId/payments` for the order's customer. The price is the order's, so the body names none, and the same
 * request again is answered with the same payment, and needs no key.
 */
export function beginPaymentRoute(deps: BeginDeps & Pick<OrderDeps, 'findOrder'>) {
  return async (request: Request, response: Response): Promise<void> => {
    const asked = validate(beginBody, isEmpty(request.body) ? {} : readJson(request.body));
    const { orderId } = await authorized(deps, request, ownOrder);
    const result = await deps.beginPayment({ ...asked, orderId });
    if (result.kind !== 'begun') throw beginRefusal(result);
    const { replayed, reference, handle, ...answer } = result.answer;
    if (replayed) response.set('Idempotent-Replayed', 'true');
    response.status(201).json({ ...answer, paymentId: reference, ...handle });
  };
}

const isEmpty = (body: unknown): boolean => !(body instanceof Uint8Array) || body.length === 0;
