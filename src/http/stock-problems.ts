import { validate } from './body.js';
import { keyRefusal, refusal } from './checkout-refusal.js';
import { checkoutProblems, orderProblems, type Problems, problemOf } from './problem-examples.js';
import { noSuchProduct } from './sku-in-path.js';
import { stockRefusal } from './stock-refusal.js';
import { historyQuery, stockChangeBody } from './stock-schemas.js';

/** The problems of the routes for stock, made by the code that answers with them. */

const refused = { kind: 'refused', available: 6, reserved: 4 } as const;
const newest = ['01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10'];

export const stockChangeProblems: Problems = {
  ...checkoutProblems,
  400: [keyRefusal(), ...(checkoutProblems[400] ?? []).filter(({ code }) => code === 'not-json')],
  404: [noSuchProduct('lamp')],
  409: [
    stockRefusal(
      { ...refused, because: 'reserved-units', requested: 3, missing: 1, orders: { total: 1, newest } },
      'mug-red',
    ),
    stockRefusal({ ...refused, because: 'not-there', requested: 11, missing: 0 }, 'mug-red'),
    stockRefusal({ ...refused, because: 'too-large', requested: Number.MAX_SAFE_INTEGER, missing: 0 }, 'mug-red'),
  ],
  422: [
    problemOf(() => validate(stockChangeBody, { kind: 'received', quantity: 0 })),
    refusal({ kind: 'key-reused' }, []),
  ],
};

export const stockHistoryProblems: Problems = {
  ...orderProblems,
  404: [noSuchProduct('lamp')],
  422: [problemOf(() => validate(historyQuery, { limit: '0' }))],
};
