import type { BeginRefusal } from '../domain/begun-payment.js';
import { fieldError, invalid, Problem } from './problem.js';

/** The problem of a payment that does not begin. */
export function beginRefusal(refusal: BeginRefusal): Problem {
  switch (refusal.kind) {
    case 'ended': {
      const { status } = refusal;
      return notPayable(`The order is ${status}.`, status);
    }
    case 'overdue':
      return notPayable(
        `The deadline of the order was ${refusal.expiresAt.toISOString()}, and it is about to be canceled.`,
        'placed',
      );
    case 'free':
      return new Problem(409, 'nothing-to-pay', 'Nothing to pay', 'The order costs nothing.');
    case 'begun-otherwise':
      return new Problem(
        409,
        'payment-begun',
        'Another payment has begun',
        `A payment of this order has begun at this provider as ${refusal.as}, and the customer may be paying it.`,
      );
    case 'processing':
      return new Problem(
        409,
        'payment-processing',
        'Payment in process',
        'The customer has paid, and the confirmation of a bank is pending.',
      );
    case 'refused':
      return new Problem(409, 'payment-refused', 'Payment not possible', `The payment cannot begin: ${refusal.why}`);
    case 'no-provider':
      return refusal.known.length === 0
        ? new Problem(409, 'no-payment-provider', 'No payment begins here', 'Payments of this shop begin elsewhere.')
        : invalid([fieldError(['provider'], `expected ${refusal.known.join(' or ')}`)]);
    case 'not-here':
      return invalid([fieldError([refusal.field], `expected ${refusal.expected}, for this provider`)]);
  }
}

const notPayable = (why: string, orderStatus: 'placed' | 'paid' | 'canceled'): Problem =>
  new Problem(409, 'order-not-payable', 'Order takes no payment', why, { orderStatus });
