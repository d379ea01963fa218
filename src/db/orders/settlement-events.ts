import type { Changes } from '../../domain/decide-all.js';
import type { OrderEvent } from '../events/order-events.js';

/** The events of the settlement, for other systems. The reasons of an order's end come from the order itself. */
export const eventsOf = ({ paid, free, canceled, refunds }: Changes): OrderEvent[] => [
  ...[...paid, ...free].map(({ orderId }) => ({ type: 'order.paid' as const, orderId })),
  ...canceled.map(({ orderId }) => ({ type: 'order.canceled' as const, orderId })),
  ...refunds.map(({ orderId, paymentId, reason }) => ({
    type: 'refund.required' as const,
    orderId,
    paymentId,
    data: { reason },
  })),
];
