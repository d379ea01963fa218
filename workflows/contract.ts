import type { CancelReason, OrderStatus, PaidReason, RefundReason } from '../src/domain/order.js';
import type { SettlementCause } from '../src/domain/settlement.js';

/**
 * What the clients of the workflows know: their names, ids, inputs and results. This file has only types and
 * constants, so that clients can import this file without the workflow runtime.
 */

export const ORDER_WORKFLOW = 'orderWorkflow';
export const LATE_PAYMENT_WORKFLOW = 'latePaymentWorkflow';
export const REFUND_WORKFLOW = 'refundWorkflow';
export const ORDER_REFUND_WORKFLOW = 'orderRefundWorkflow';
export const CAPTURE_WORKFLOW = 'captureWorkflow';

export const orderWorkflowId = (orderId: string): string => `order:${orderId}`;
export const orderIdOf = (workflowId: string): string => workflowId.slice(orderWorkflowId('').length);
export const latePaymentWorkflowId = (paymentId: string): string => `payment:${paymentId}`;
export const refundWorkflowId = (paymentId: string): string => `refund:${paymentId}`;
export const orderRefundWorkflowId = (refundId: string): string => `order-refund:${refundId}`;
export const captureWorkflowId = (paymentId: string): string => `capture:${paymentId}`;

export const PAYMENT_RECEIVED = 'paymentReceived';
export const CANCEL_REQUESTED = 'cancelRequested';
export const DEADLINE_MOVED = 'deadlineMoved';
export const ORDER_STATE = 'orderState';

/**
 * The signals. `order` is what the database had decided when the signal was sent: the workflow then needs no settlement.
 * Without `order`, as from an earlier version, the workflow settles the cause. No signal decides anything.
 */
export interface PaymentReceived {
  readonly paymentId: string;
  readonly order?: OrderStanding;
}

export interface CancelRequested {
  readonly reason: CancelReason;
  readonly order?: OrderStanding;
}

/** The database has moved the deadline. The workflow reads where it is now: this moment decides nothing. */
export interface DeadlineMoved {
  readonly expiresAt: string;
}

/**
 * The order, from its message or from its row; `recordOrder` returns what the database holds. `amount` is in minor
 * units, and `expiresAt` is a time of ISO 8601.
 */
export interface OrderWorkflowInput {
  readonly orderId: string;
  /** Null for a guest. */
  readonly userId: number | string | null;
  readonly amount: number;
  readonly currency: string;
  readonly expiresAt: string;
  /**
   * What was bought, and its price, in words for the timeline. Both are absent in runs that an earlier version started;
   * `bought` also where the bridge's sweep started the run.
   */
  readonly bought?: string;
  readonly price?: string;
  /** Whether the order is recorded by a local activity first; absent in runs that an earlier version started. */
  readonly recordsLocally?: true;
  /** Whether the deadline is settled by a local activity first; absent in runs that an earlier version started. */
  readonly settlesLocally?: true;
}

export interface LatePaymentInput {
  readonly paymentId: string;
  readonly orderId: string;
}

/** `price` is the amount as a person reads the amount. */
export interface CaptureInput {
  readonly paymentId: string;
  readonly price: string;
}

/** `price` is the refund's amount as a person reads the amount. */
export interface OrderRefundInput {
  readonly refundId: string;
  readonly price: string;
}

/**
 * Where an order stands. `expiresInMs` is the time to the deadline by the database's clock. `refund` names a payment
 * that the workflow must send back now.
 */
export interface OrderStanding {
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly expiresAt: string;
  readonly expiresInMs: number;
  /**
   * Set after the deadline while payments that were begun for the order are to be closed, where the workflow asks for it.
   * `expiresInMs` is then the time after which the order ends in any case.
   */
  readonly closesPayments?: true;
  /**
   * How long before the deadline the customer is reminded; absent without reminders, and in results of an earlier
   * version.
   */
  readonly remindBeforeMs?: number;
  /** Set beside `remindBeforeMs` where the workflow asks for it. */
  readonly reminds?: true;
  readonly cancelReason: CancelReason | null;
  /** Why the order is paid without a payment; absent in results of an earlier version. */
  readonly paidReason?: PaidReason | null;
  /** The payment that paid the order; absent in results of an earlier version. */
  readonly paymentId?: string | null;
  /**
   * `price` is the refund's amount as a person reads the amount; absent in results of an earlier version. With `voids` the
   * money is only authorised, and is released.
   */
  readonly refund: {
    readonly paymentId: string;
    readonly reason: RefundReason;
    readonly price?: string;
    readonly voids?: true;
  } | null;
}

/** The result of the query `orderState`: null until the order is recorded. */
export type OrderState = Pick<OrderStanding, 'orderId' | 'status' | 'cancelReason' | 'expiresAt'> | null;

/** The side effects of the workflows; `createActivities` implements them. */
export interface OrderActivities {
  /** Writes the order and its items once. @throws {ApplicationFailure} `order-unknown`, which is never retried */
  recordOrder(orderId: string, asks?: Asks): Promise<OrderStanding>;
  /** Decides the order's end in one guarded transaction. A second call returns the same decision. */
  settleOrder(orderId: string, cause: SettlementCause, asks?: Asks): Promise<OrderStanding>;
  /**
   * Sends back a payment that is marked for refund, under a key for which the provider moves the money once; an
   * authorisation is given up (`voided`). For any
   * other payment, `refundId` is the stored one, or null.
   */
  refundPayment(paymentId: string): Promise<RefundAnswer>;
  /**
   * Captures the money of an authorisation that has paid its order, under a key for which the provider moves the money
   * once. For any other payment, `captured` is what is stored.
   */
  capturePayment(paymentId: string): Promise<CaptureAnswer>;
  /**
   * Makes a refund of an order that was paid, under a key for which the provider moves the money once. For a refund that
   * is not owed, `refundId` is the provider's id that is stored, or null.
   */
  refundOrder(refundId: string): Promise<RefundAnswer>;
  /** Writes the reminder of this deadline once, while the order is placed and has this deadline. */
  remindOfDeadline(orderId: string, expiresAt: string): Promise<{ readonly reminded: boolean }>;
  /** Closes the payments that were begun for the order, at their providers, and decides those that turn out to be paid. */
  closePayments(orderId: string): Promise<ClosedPayments>;
}

/**
 * What the workflow can do with the answer. An earlier version of the workflow asks for nothing, and so finds nothing new
 * in the answer: its histories, and runs that change their worker in the middle, continue as they began.
 *
 * Not `patched`: a local activity may end together with its workflow task. A replay then continues within that task, and
 * does not find the patch marker, which is in the next task.
 */
export interface Asks {
  readonly closesPayments: true;
  /** Absent in runs that an earlier version began. */
  readonly reminds?: true;
}

/** What became of the payments that were begun for an order: so many are closed, paid, or wait for a bank. */
export interface ClosedPayments {
  readonly closed: number;
  readonly paid: number;
  readonly processing: number;
}

/** `refused` says why the money can never go back this way. A person then decides, and no workflow retries. */
export interface RefundAnswer {
  readonly refundId: string | null;
  readonly voided?: true;
  readonly refused?: string;
}

/** `captured` is the amount in minor units. `refused` as in {@link RefundAnswer}. */
export interface CaptureAnswer {
  readonly captured: number;
  readonly refused?: string;
}
