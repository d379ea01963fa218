import type { Request, Response } from 'express';
import type { AskedRefund, RefundResult } from '../domain/order-refund.js';
import { readJson, validate } from './body.js';
import { keyRefusal } from './checkout-refusal.js';
import { idempotencyKeyOf } from './idempotency-key.js';
import { authorized, type OrderDeps } from './order-routes.js';
import { refundRefusal } from './refund-refusal.js';
import { refundBody } from './refund-schemas.js';

export interface RefundDeps {
  readonly requestRefund: (asked: AskedRefund) => Promise<RefundResult>;
}

/** The operators share one token, so the route does not know the person. */
const SOMEBODY = 'operator';

/** `POST /orders/:orderId/refunds` of the operators' listener. */
export function refundOrderRoute(deps: RefundDeps & Pick<OrderDeps, 'findOrder'>) {
  return async (request: Request, response: Response): Promise<void> => {
    const idempotencyKey = idempotencyKeyOf(request.get('idempotency-key'));
    if (idempotencyKey === undefined) throw keyRefusal();
    const { restock = false, reason = null, by = SOMEBODY, ...asked } = validate(refundBody, readJson(request.body));
    const { orderId } = await authorized(deps, request, () => true);
    const result = await deps.requestRefund({ ...asked, orderId, restock, reason, by, idempotencyKey });
    if (result.kind !== 'refund') throw refundRefusal(result, asked.lines);
    if (result.replayed) response.set('Idempotent-Replayed', 'true');
    response.status(201).json(result.refund);
  };
}
