import type { RefundRequest } from './schemas.js';

export type Payment = {
  paymentId: string;
  orderId: string;
  amount: number;
  currency: string;
  /** `open`: the shop has begun it, and the customer has not paid it. `canceled`: no customer can pay it any more. */
  status: 'open' | 'succeeded' | 'failed' | 'canceled';
  createdAt: string;
};

export type Refund = Required<RefundRequest> & {
  refundId: string;
  /** A refund that was made may fail days later: the money is then back at the shop. */
  status: 'succeeded' | 'failed';
  createdAt: string;
  failedAt?: string;
};
