import type { CancelReason } from './order.js';
import type { SettleableOrder, SettleablePayment } from './settlement.js';

/**
 * A late payment buys what its order wanted, if the order was canceled at most so long ago. Without it the money goes
 * back.
 */
export interface LateSales {
  readonly withinMs: number;
}

/** A payment that came after the end of its order's window. */
export interface LatePayment {
  readonly orderId: string;
  readonly paymentId: string;
}

type EndedOrder = SettleableOrder & { readonly cancelReason: CancelReason | null };

/** No person wanted these orders to end: their time was up. */
const byWindow: ReadonlySet<CancelReason | null> = new Set(['payment-window-expired', 'legacy-timeout'] as const);

/**
 * The payments among those that go back which may buy what their order wanted, in their sequence: of the right amount and
 * currency, for an order that its window has canceled. The first of an order stands for all: where the stock is
 * missing for it, it is missing for the next too.
 */
export function mayBuy(
  refunds: readonly LatePayment[],
  { orders, payments }: { readonly orders: readonly EndedOrder[]; readonly payments: readonly SettleablePayment[] },
): LatePayment[] {
  const orderOf = new Map(orders.map((order) => [order.orderId, order]));
  const paymentOf = new Map(payments.map((payment) => [payment.paymentId, payment]));
  const first = new Map<string, LatePayment>();
  for (const { orderId, paymentId } of refunds) {
    const [order, payment] = [orderOf.get(orderId), paymentOf.get(paymentId)];
    if (order?.status !== 'canceled' || !byWindow.has(order.cancelReason)) continue;
    if (payment?.amount !== order.amount || payment.currency !== order.currency) continue;
    if (!first.has(orderId)) first.set(orderId, { orderId, paymentId });
  }
  return [...first.values()];
}

/** Units of each SKU. */
export type Units = ReadonlyMap<string, number>;

/**
 * Gives each late payment all that its order wanted, or nothing, in the sequence of the payments.
 *
 * @param available what each SKU has; a SKU that is not in the list has nothing
 */
export function chooseLateSales<L>(
  wanted: readonly (L & { readonly units: Units })[],
  available: Units,
): { readonly sold: readonly (L & { readonly units: Units })[]; readonly taken: Units } {
  const taken = new Map<string, number>();
  const sold = wanted.filter(({ units }) => {
    const fits = [...units].every(([sku, quantity]) => quantity <= (available.get(sku) ?? 0) - (taken.get(sku) ?? 0));
    if (fits) for (const [sku, quantity] of units) taken.set(sku, (taken.get(sku) ?? 0) + quantity);
    return fits && units.size > 0;
  });
  return { sold, taken };
}
