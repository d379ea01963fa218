import { beginRefusal } from './begin-refusal.js';
import { beginBody } from './begin-schemas.js';
import { notJson, validate } from './body.js';
import { checkoutProblems, orderProblems, type Problems, problemOf } from './problem-examples.js';

/** The problems of the route that begins a payment, made by the code that answers with them. */
export const beginProblems: Problems = {
  ...orderProblems,
  400: [notJson()],
  409: [
    beginRefusal({ kind: 'ended', status: 'canceled' }),
    beginRefusal({ kind: 'free' }),
    beginRefusal({ kind: 'begun-otherwise', as: 'client-secret' }),
    beginRefusal({ kind: 'processing' }),
    beginRefusal({ kind: 'refused', why: 'Stripe: Amount must be at least €0.50 eur' }),
    beginRefusal({ kind: 'no-provider', known: [] }),
  ],
  413: checkoutProblems[413] ?? [],
  422: [
    problemOf(() => validate(beginBody, { returnUrl: 'thanks.html' })),
    beginRefusal({ kind: 'no-provider', known: ['standard-webhooks', 'stripe'] }),
    beginRefusal({ kind: 'not-here', field: 'as', expected: 'page' }),
    beginRefusal({ kind: 'not-here', field: 'returnUrl', expected: 'the address to which the customer comes back' }),
  ],
};
