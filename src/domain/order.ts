import type { Customer } from './customer.js';
import type { ShownRefund } from './order-refund.js';
import type { Adjustment } from './totals.js';

export type OrderStatus = 'placed' | 'paid' | 'canceled';

/** One SKU of an order; `unitPrice` is in minor units of the order's currency. */
export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
}

/**
 * An order as its checkout reserved it. `amount` is in minor units, of the lines and the adjustments together; the times
 * are of the database's clock.
 */
export interface Order extends OrderExtras {
  readonly orderId: string;
  readonly userId: Customer;
  readonly items: readonly OrderLine[];
  readonly amount: number;
  readonly currency: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** The payment method that the checkout named; it has chosen the payment window. */
  readonly paymentMethod?: string;
}

/** What the shop may add to an order. */
export interface OrderExtras {
  readonly adjustments?: readonly Adjustment[];
  /** The shop's own number of the order: no two orders have the same one. */
  readonly reference?: string;
  /** Texts of the shop by their names. They may be personal, so no log and no workflow has them. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Why an order is paid without a payment. */
export type PaidReason = 'nothing-to-pay';

/** `stock-missing`: a count or a loss of stock left too few units, and an operator canceled the newest orders. */
export type CancelReason =
  | 'payment-window-expired'
  | 'customer-request'
  | 'legacy-timeout'
  | 'operator-request'
  | 'stock-missing';

/**
 * Why a payment goes back: the order ended without this payment, or the payment does not fit the order. `payment-closed`:
 * the payment was being closed at its provider when its authorisation came, so its money can be had no more.
 */
export type RefundReason =
  | 'order-canceled'
  | 'order-already-paid'
  | 'amount-mismatch'
  | 'order-unknown'
  | 'payment-closed';

/**
 * `closed`: money was to go back, and a person has ended that by hand; no process knows whether the money went back.
 * `voided`: the provider held the money for the order, and has released it. No money has moved.
 */
export type RefundState = 'none' | 'required' | 'closed' | 'refunded' | 'voided';

/** An order as its customer sees it, from the checkout on. */
export interface OrderView extends Order {
  readonly status: OrderStatus;
  readonly cancelReason: CancelReason | null;
  /** `null` also where a payment paid the order. */
  readonly paidReason?: PaidReason | null;
  readonly settledAt: Date | null;
  /** Of payments that the order does not accept. */
  readonly refund: RefundState;
  /** What went back, or is to go back, of the order after it was paid; the oldest first. */
  readonly refunds?: readonly ShownRefund[];
  /** The canceled order whose late payment has paid this one. */
  readonly succeeds?: string;
  /** Of a canceled order: the order that its late payment has paid. */
  readonly successor?: string;
}
