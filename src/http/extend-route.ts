import type { Request, Response } from 'express';
import type { MoveResult } from '../domain/deadline.js';
import { EXPECTED_MOMENT, toMoment } from '../domain/moment.js';
import { readJson, validate } from './body.js';
import { type CheckoutAccess, createCallerOf, extendRefusal } from './checkout-caller.js';
import { authorized, type OrderDeps, toAnswer } from './order-routes.js';
import { fieldError, invalid, Problem } from './problem.js';
import { z } from './zod.js';

export interface ExtendDeps extends Pick<OrderDeps, 'findOrder'> {
  /** Moves the deadline to this moment, once, however often it is asked. */
  readonly extend: (orderId: string, to: Date, by: 'operator' | 'shop') => Promise<MoveResult>;
}

export const moment = z
  .string({ error: EXPECTED_MOMENT })
  .transform((text, context) => {
    const time = toMoment(text);
    if (time !== undefined) return time;
    context.addIssue({ code: 'custom', message: EXPECTED_MOMENT });
    return z.NEVER;
  })
  .openapi({ type: 'string', format: 'date-time', example: '2026-03-05T18:00:00Z' });

export const extendBody = z
  .strictObject(
    {
      expiresAt: moment.openapi({
        description:
          'the new deadline, later or earlier than the present one; not past, and at most `MAX_PAYMENT_WINDOW` after the checkout',
      }),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'expected an object with expiresAt' : undefined) },
  )
  .openapi('Extension');

/**
 * `POST /orders/:orderId/extend` of the operators' listener. The body names a moment and not a length of time, so the
 * same request again changes nothing, and needs no key.
 */
export function extendOrderRoute(deps: ExtendDeps) {
  return (request: Request, response: Response): Promise<void> => extend(deps, 'operator', request, response);
}

/** The same on the public listener, for the shop's backend alone: also where a checkout needs no token. */
export function extendOwnOrderRoute(deps: ExtendDeps & CheckoutAccess) {
  const callerOf = createCallerOf(deps);
  return async (request: Request, response: Response): Promise<void> => {
    if (!callerOf(request.headers).isBackend) throw extendRefusal();
    await extend(deps, 'shop', request, response);
  };
}

async function extend(deps: ExtendDeps, by: 'operator' | 'shop', request: Request, response: Response): Promise<void> {
  const { expiresAt } = validate(extendBody, readJson(request.body));
  const { orderId } = await authorized(deps, request, anyOrder);
  const result = await deps.extend(orderId, expiresAt, by);
  const refused = moveRefusal(result);
  if (refused !== undefined) throw refused;
  response.json(toAnswer(await authorized(deps, request, anyOrder)));
}

/** The caller is known: no order has to be hidden. */
const anyOrder = (): boolean => true;

/** @returns `undefined` where the order has the deadline that was asked for */
export function moveRefusal(result: MoveResult): Problem | undefined {
  switch (result.kind) {
    case 'ended':
      return new Problem(
        409,
        'order-ended',
        'Order has ended',
        `The order is ${result.status}: it has no deadline any more.`,
        { orderStatus: result.status },
      );
    case 'overdue':
      return new Problem(
        409,
        'order-overdue',
        'Deadline has passed',
        `The order is placed, its deadline was ${result.expiresAt.toISOString()}, and it is about to be canceled.`,
        { orderStatus: 'placed' },
      );
    case 'too-early':
      return invalid([fieldError(['expiresAt'], 'expected a time that is not past')]);
    case 'too-late': {
      const latest = result.latest.toISOString();
      return invalid([
        fieldError(['expiresAt'], `expected ${latest} at the latest: MAX_PAYMENT_WINDOW after the checkout`),
      ]);
    }
    default:
      return undefined;
  }
}
