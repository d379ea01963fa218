export type OrderStatus = 'placed' | 'paid' | 'canceled';

/** One SKU of an order; `unitPrice` is in minor units of the order's currency. */
export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
}

/** What a checkout reserved. `amount` is in minor units; times are the database's. */
export interface Order {
  readonly orderId: string;
  readonly userId: number;
  readonly items: readonly OrderLine[];
  readonly amount: number;
  readonly currency: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export type CancelReason = 'payment-window-expired' | 'customer-request' | 'legacy-timeout' | 'operator-request';

/** Why money goes back. The order either ended without this payment, or never asked for exactly this one. */
export type RefundReason = 'order-canceled' | 'order-already-paid' | 'amount-mismatch' | 'order-unknown';

export type RefundState = 'none' | 'required' | 'refunded';

/** An order as its customer sees it, from the moment of the checkout on. */
export interface OrderView extends Order {
  readonly status: OrderStatus;
  readonly cancelReason: CancelReason | null;
  readonly settledAt: Date | null;
  readonly refund: RefundState;
}
