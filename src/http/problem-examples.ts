import { DomainError } from '../domain/errors.js';
import { LIMIT_BYTES, notJson, validate } from './body.js';
import { productInUse, wrongSku } from './catalogue-routes.js';
import { productBody, productQuery } from './catalogue-schemas.js';
import { callerRefusal, extendRefusal } from './checkout-caller.js';
import { keyRefusal, refusal } from './checkout-refusal.js';
import { extendBody, moveRefusal } from './extend-route.js';
import { tokenRefusal } from './operator-token.js';
import { orderListQuery } from './order-list-route.js';
import { orderNotFound, orderPaid } from './order-routes.js';
import { methodRefusal } from './payment-method.js';
import { Problem, toProblem } from './problem.js';
import { notSku, productNotFound } from './product-route.js';
import { validateQuery } from './query.js';
import { rateLimited } from './rate-limit.js';
import { checkoutBody } from './schemas.js';
import { noSuchProduct } from './sku-in-path.js';

/** The problems of each route, made by the code that answers with them, so that no example differs from its answer. */

/** By status, then by a name for the reader; the name of a problem is the last part of its `type`. */
export type Problems = Readonly<Record<number, readonly Problem[]>>;

const items = [{ sku: 'mug-red' }, { sku: 'lamp' }];

/** Each body is wrong in every line, to show how the fields are named. */
const wrongFields = problemOf(() => validate(checkoutBody, { userId: 7, items: [{ sku: 'mug-red', quantity: 0 }] }));

const tooLarge = toProblem(Object.assign(new Error('too large'), { status: 413, limit: LIMIT_BYTES }));
const unavailable = toProblem(new DomainError('dependency-unavailable', ''));
const internal = toProblem(new Error());

const wrongAmount = toProblem(
  new DomainError('event-invalid', '', {
    fields: [{ path: ['data', 'amount'], detail: 'expected a whole number of minor units' }],
  }),
);

const anywhere = { 429: [rateLimited(600)], 500: [internal], 503: [unavailable] } as const;

export const checkoutProblems: Problems = {
  400: [keyRefusal(), notJson()],
  401: [callerRefusal(false), callerRefusal(true)],
  409: [
    refusal({ kind: 'out-of-stock', short: [{ sku: 'mug-red', requested: 2, available: 1 }] }, items),
    refusal({ kind: 'not-for-sale', skus: ['lamp'] }, items),
    refusal({ kind: 'too-many-of-product', large: [{ sku: 'mug-red', requested: 20, limit: 10 }] }, items),
    refusal({ kind: 'too-many-open-orders', limit: 1000 }, items),
    refusal({ kind: 'too-many-units', limit: 1000, requested: 1200 }, items),
    refusal({ kind: 'reference-used', orderId: '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10', ofSameUser: true }, items),
  ],
  413: [tooLarge],
  422: [
    wrongFields,
    refusal({ kind: 'unknown-sku', skus: ['lamp'] }, items),
    methodRefusal(['card', 'transfer']),
    refusal({ kind: 'mixed-currency', currencies: ['EUR', 'USD'] }, items),
    refusal({ kind: 'amount-negative', ofLines: 2500, ofAdjustments: -3000, currency: 'EUR' }, items),
    refusal({ kind: 'key-reused' }, items),
  ],
  ...anywhere,
  503: [unavailable, toProblem(new DomainError('overloaded', ''))],
};

export const orderProblems: Problems = { 404: [orderNotFound()], ...anywhere };

const wrongQuery = problemOf(() => validateQuery(orderListQuery, { originalUrl: '/orders?status=open&until=today' }));

export const orderListProblems: Problems = { ...anywhere, 422: [wrongQuery] };

export const cancelProblems: Problems = { ...orderProblems, 409: [orderPaid()] };

const moved = (result: Parameters<typeof moveRefusal>[0]): Problem => problemOf(() => throwIt(moveRefusal(result)));

export const extendProblems: Problems = {
  ...orderProblems,
  400: [notJson()],
  409: [
    moved({ kind: 'ended', status: 'paid' }),
    moved({ kind: 'overdue', expiresAt: new Date('2026-03-01T10:30:00Z') }),
  ],
  413: [tooLarge],
  422: [
    problemOf(() => validate(extendBody, { expiresAt: 'tomorrow' })),
    moved({ kind: 'too-early' }),
    moved({ kind: 'too-late', latest: new Date('2026-03-31T10:00:00Z') }),
  ],
};

/** Of the public listener, where the shop's backend has a token of its own. */
export const ownExtendProblems: Problems = { 401: [extendRefusal(), callerRefusal(true)], ...extendProblems };

export const productProblems: Problems = {
  404: [productNotFound('mug-red'), notSku()],
  ...anywhere,
  503: [unavailable, toProblem(new DomainError('overloaded', ''))],
};

const unknown = noSuchProduct('mug-red');
const wrongProduct = problemOf(() => validate(productBody, { name: 'Red mug', unitPrice: 12.5, currency: 'EUR' }));
const wrongPage = problemOf(() => validateQuery(productQuery, { originalUrl: '/products?limit=0' }));

/** By what the route does. */
export const catalogueProblems = {
  list: { 422: [wrongPage], ...anywhere },
  read: { 404: [unknown], ...anywhere },
  put: { 400: [notJson()], 404: [unknown], 413: [tooLarge], 422: [wrongSku(), wrongProduct], ...anywhere },
  delete: {
    404: [unknown],
    409: [productInUse('mug-red', { available: 5, reserved: 3, sold: 12 })],
    ...anywhere,
  },
} as const satisfies Record<string, Problems>;

/** @param refusesInvalid whether a signed body with an invalid field is answered 422 */
export const webhookProblems = (refusesInvalid: boolean): Problems => ({
  401: [toProblem(new DomainError('signature-refused', 'The signature or its timestamp was not accepted.'))],
  409: [toProblem(new DomainError('event-conflict', 'the event id msg_01a21bd1 was used before with another body'))],
  413: [tooLarge],
  ...(refusesInvalid && { 422: [wrongAmount] }),
  ...anywhere,
});

/** The same as for a customer, behind the operators' token. */
export const operatorProblems = (problems: Problems): Problems => ({ 401: [tokenRefusal('')], ...problems });

function throwIt(problem: Problem | undefined): void {
  if (problem !== undefined) throw problem;
}

export function problemOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('expected a problem');
}
