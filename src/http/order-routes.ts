import type { Request, Response } from 'express';
import type { CancelReason, OrderView } from '../domain/order.js';
import { orderIdFrom } from '../domain/order-id.js';
import { bearerToken, sameSecret } from './bearer.js';
import { orderLinks } from './links.js';
import { notFound, Problem } from './problem.js';

export interface OrderDeps {
  readonly findOrder: (
    orderId: string,
  ) => Promise<{ readonly view: OrderView; readonly readToken: string } | undefined>;
  /** Cancels the order if the order is placed. */
  readonly cancel: (orderId: string, reason: CancelReason) => Promise<void>;
}

/** Whether this request may see and cancel the order that has this read token. */
export type MaySee = (request: Request, readToken: string) => boolean;

/** For the customer: the bearer is the read token from the answer to the checkout. */
export const ownOrder: MaySee = (request, readToken) => sameSecret(readToken, bearerToken(request));

/** `GET /orders/:orderId` */
export function readOrderRoute(deps: OrderDeps, maySee: MaySee) {
  return async (request: Request, response: Response): Promise<void> => {
    response.json(toAnswer(await authorized(deps, request, maySee)));
  };
}

/** `POST /orders/:orderId/cancel`: 200 when the order is canceled, 409 when it is paid. The answer is decided. */
export function cancelOrderRoute(deps: OrderDeps, maySee: MaySee, reason: CancelReason) {
  return async (request: Request, response: Response): Promise<void> => {
    const { orderId } = await authorized(deps, request, maySee);
    await deps.cancel(orderId, reason);
    const order = await authorized(deps, request, maySee);
    if (order.status === 'paid') throw orderPaid();
    response.json(toAnswer(order));
  };
}

export const orderPaid = (): Problem =>
  new Problem(409, 'order-paid', 'Order is paid', 'A paid order cannot be canceled here.');

export const orderNotFound = (): Problem => notFound('There is no order with this id for this token.');

/**
 * Any other text is no order's id. The database returns an error when its ASCII column is compared with other
 * characters.
 */
const orderIdShape = /^[\da-f-]{36}$/;

/**
 * @throws {Problem} the same 404 for a wrong token and for an unknown order, so that no caller can test which ids exist
 */
export async function authorized(
  { findOrder }: Pick<OrderDeps, 'findOrder'>,
  request: Request,
  maySee: MaySee,
): Promise<OrderView> {
  const orderId = orderIdFrom(String(request.params.orderId));
  const found = orderIdShape.test(orderId) ? await findOrder(orderId) : undefined;
  if (found === undefined || !maySee(request, found.readToken)) {
    throw orderNotFound();
  }
  return found.view;
}

/** Each field is there, also of an order that has nothing in it. */
export const toAnswer = (order: OrderView) => ({
  adjustments: [],
  reference: null,
  metadata: {},
  paidReason: null,
  refunds: [],
  succeeds: null,
  successor: null,
  ...order,
  links: {
    ...orderLinks(order.orderId),
    ...(order.succeeds && { succeeds: orderLinks(order.succeeds).order }),
    ...(order.successor && { successor: orderLinks(order.successor).order }),
  },
});
