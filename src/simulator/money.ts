import type { RefundRequest } from './schemas.js';

export type Payment = {
  paymentId: string;
  orderId: string;
  amount: number;
  currency: string;
  /** `open`: the shop has begun it, and the customer has not paid it. `canceled`: no customer can pay it any more, and no shop can capture it. */
  status: 'open' | 'authorised' | 'succeeded' | 'failed' | 'canceled';
  /** With `at-settlement` the customer's payment is an authorisation: the shop captures or voids it. */
  capture?: 'at-settlement';
  createdAt: string;
};

export type Refund = Required<RefundRequest> & {
  refundId: string;
  /** A refund that was made may fail days later: the money is then back at the shop. */
  status: 'succeeded' | 'failed';
  createdAt: string;
  failedAt?: string;
};
