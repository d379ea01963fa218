import { isDeepStrictEqual } from 'node:util';
import { v7 as uuid } from 'uuid';
import type { Ledger, Payment } from './ledger.js';
import { ProblemError } from './problem.js';
import type { BeginRequest } from './schemas.js';

/** The payments that the shop has begun, and that a customer pays on a page. */
export function createBegun(ledger: Ledger, clock: () => Date) {
  const requests = new Map<string, { readonly paymentId: string; readonly request: BeginRequest }>();

  const find = (paymentId: string): Payment => {
    const payment = ledger.find(paymentId);
    if (payment === undefined) throw new ProblemError(404, 'Unknown payment', `There is no payment ${paymentId}`);
    return payment;
  };

  return {
    find,
    /** @throws {ProblemError} 422 for a key that was used with another body */
    begin(key: string, request: BeginRequest): { readonly payment: Payment; readonly repeated: boolean } {
      const earlier = requests.get(key);
      if (earlier !== undefined) {
        if (isDeepStrictEqual(earlier.request, request)) return { payment: find(earlier.paymentId), repeated: true };
        throw new ProblemError(422, 'Key reused', 'This Idempotency-Key was used with another body');
      }
      const paymentId = `pay_${uuid()}`;
      const { orderId, amount, currency, capture } = request;
      const payment: Payment = {
        ...{ paymentId, orderId, amount, currency },
        status: 'open',
        ...(capture && { capture }),
        createdAt: clock().toISOString(),
      };
      ledger.put(payment);
      requests.set(key, { paymentId, request });
      return { payment, repeated: false };
    },
    /** Where the customer goes after the page. */
    returnsOf: (paymentId: string): Pick<BeginRequest, 'returnUrl' | 'cancelUrl'> =>
      [...requests.values()].find((begun) => begun.paymentId === paymentId)?.request ?? {},
    /** The customer pays, once; a payment that is closed stays closed. @throws {ProblemError} 409 when it is closed */
    pay(paymentId: string): Payment {
      const payment = find(paymentId);
      if (payment.status === 'canceled')
        throw new ProblemError(409, 'Payment closed', 'The payment cannot be paid any more');
      if (payment.status === 'succeeded' || payment.status === 'authorised') return payment;
      return ledger.put({ ...payment, status: payment.capture === undefined ? 'succeeded' : 'authorised' });
    },
    /** The customer can try again afterwards. */
    decline(paymentId: string): Payment {
      const payment = find(paymentId);
      return payment.status === 'open' ? ledger.put({ ...payment, status: 'failed' }) : payment;
    },
    /** No customer can pay it afterwards. A payment that is paid or authorised stays so. */
    cancel(paymentId: string): Payment {
      const payment = find(paymentId);
      const isPaid = payment.status === 'succeeded' || payment.status === 'authorised';
      return isPaid ? payment : ledger.put({ ...payment, status: 'canceled' });
    },
  };
}

export type Begun = ReturnType<typeof createBegun>;
