import type { CancelReason, OrderStatus, RefundReason } from '../src/domain/order.js';
import type { SettlementCause } from '../src/domain/settlement.js';

/**
 * What the world outside knows of the workflows: names, ids and the shapes that cross the line. Only types and
 * constants, so that clients can import it without the workflow runtime.
 */

export const ORDER_WORKFLOW = 'orderWorkflow';
export const LATE_PAYMENT_WORKFLOW = 'latePaymentWorkflow';
export const REFUND_WORKFLOW = 'refundWorkflow';

export const orderWorkflowId = (orderId: string): string => `order:${orderId}`;
export const orderIdOf = (workflowId: string): string => workflowId.slice(orderWorkflowId('').length);
export const latePaymentWorkflowId = (paymentId: string): string => `payment:${paymentId}`;
export const refundWorkflowId = (paymentId: string): string => `refund:${paymentId}`;

export const PAYMENT_RECEIVED = 'paymentReceived';
export const CANCEL_REQUESTED = 'cancelRequested';
export const ORDER_STATE = 'orderState';

export interface PaymentReceived {
  readonly paymentId: string;
}

export interface CancelRequested {
  readonly reason: CancelReason;
}

/** The order as the message carried it; `recordOrder` answers with what the database holds. Times are ISO 8601. */
export interface OrderWorkflowInput {
  readonly orderId: string;
  readonly userId: number | string;
  readonly amount: number;
  readonly currency: string;
  readonly expiresAt: string;
  /** For people who read the timeline: what was bought, and its price. Absent in runs that began before. */
  readonly bought?: string;
  readonly price?: string;
}

export interface LatePaymentInput extends PaymentReceived {
  readonly orderId: string;
}

/** Where an order stands. `expiresInMs` is by the database's clock, `refund` is money that must go back now. */
export interface OrderStanding {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly expiresAt: string;
  readonly expiresInMs: number;
  readonly cancelReason: CancelReason | null;
  /** The payment that paid the order; absent in answers of an earlier version. */
  readonly paymentId?: string | null;
  /** `price` is the refund's amount as a person reads the amount; absent in answers of an earlier version. */
  readonly refund: { readonly paymentId: string; readonly reason: RefundReason; readonly price?: string } | null;
}

/** The answer of the query `orderState`: null until the order is recorded. */
export type OrderState = Pick<OrderStanding, 'orderId' | 'status' | 'cancelReason' | 'expiresAt'> | null;

/** The side effects that the workflows may ask for; `createActivities` implements them. */
export interface OrderActivities {
  /** Writes the order and its items once. @throws ApplicationFailure `order-unknown`, never retried */
  recordOrder(orderId: string): Promise<OrderStanding>;
  /** Decides in one guarded transaction. Asked again, it answers with what was decided. */
  settleOrder(orderId: string, cause: SettlementCause): Promise<OrderStanding>;
  /** Returns a payment that is marked for refund, under a key that the provider honours once; null if it is not. */
  refundPayment(paymentId: string): Promise<RefundAnswer>;
}

/** `refused` when the money can never go back this way: a person decides, and no workflow tries again by itself. */
export interface RefundAnswer {
  readonly refundId: string | null;
  readonly refused?: string;
}
