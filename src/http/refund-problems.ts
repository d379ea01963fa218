import { validate } from './body.js';
import { keyRefusal } from './checkout-refusal.js';
import { checkoutProblems, orderProblems, type Problems, problemOf } from './problem-examples.js';
import { refundRefusal } from './refund-refusal.js';
import { refundBody } from './refund-schemas.js';

/** The problems of the route for refunds, made by the code that answers with them. */
export const refundProblems: Problems = {
  ...orderProblems,
  400: [keyRefusal(), ...(checkoutProblems[400] ?? []).filter(({ code }) => code === 'not-json')],
  409: [
    refundRefusal({ kind: 'not-paid', status: 'placed' }),
    refundRefusal({ kind: 'not-captured' }),
    refundRefusal({ kind: 'too-much', paid: 2500, left: 500, requested: 1250 }),
    refundRefusal({ kind: 'too-many-units', lines: [{ sku: 'mug-red', requested: 2, left: 1 }] }),
    refundRefusal({ kind: 'nothing-left' }),
    refundRefusal({ kind: 'stock-too-large', sku: 'mug-red' }),
  ],
  413: checkoutProblems[413] ?? [],
  422: [
    problemOf(() => validate(refundBody, { amount: 12.5 })),
    refundRefusal({ kind: 'unknown-sku', skus: ['lamp'] }, [{ sku: 'lamp', quantity: 1 }]),
    refundRefusal({ kind: 'key-reused' }),
  ],
  503: checkoutProblems[503] ?? [],
};
