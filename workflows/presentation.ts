import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { CancelReason } from '../src/domain/order.js';
import type { OrderStanding, OrderWorkflowInput } from './contract.js';
import { orderStatusKey } from './search-attributes.js';

type Bought = Pick<OrderWorkflowInput, 'bought' | 'price'>;

/** What an operator reads in the Web UI: where the order stands, in words, and the status to search by. */
export function showStanding(order: OrderStanding, bought: Bought = {}): void {
  // It was started as placed: an event in the history only when that changes.
  if (order.status !== 'placed') upsertSearchAttributes([{ key: orderStatusKey, value: order.status }]);
  setCurrentDetails(story(order, bought));
}

function story({ status, cancelReason, paymentId, refund, expiresAt }: OrderStanding, wish: Bought): string {
  const bought = wish.bought && wish.price ? ` ${wish.bought} for ${wish.price}.` : '';
  const back =
    refund && `\n\n${refund.price ?? 'The money'} of payment \`${refund.paymentId}\` goes back: ${refund.reason}.`;
  const end = `${bought} The stock is ${status === 'paid' ? 'sold' : 'free again'}.${back ?? ''}`;
  switch (status) {
    case 'placed':
      return `**Placed.**${bought} The stock is held until ${expiresAt}, and the payment is awaited.${back ?? ''}`;
    case 'paid':
      return `**Paid**${paymentId ? ` by payment \`${paymentId}\`` : ''}.${end}`;
    case 'canceled':
      return `**Canceled**${cancelReason ? `: ${why[cancelReason]}` : ''}.${end}`;
  }
}

const why: Record<CancelReason, string> = {
  'payment-window-expired': 'no payment came in time',
  'customer-request': 'the customer asked for it',
  'legacy-timeout': 'the legacy service reported a time-out',
  'operator-request': 'an operator asked for it',
};
