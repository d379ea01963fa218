import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { CancelReason, PaidReason } from '../src/domain/order.js';
import type { OrderStanding, OrderWorkflowInput } from './contract.js';
import { orderStatusKey } from './search-attributes.js';

type Bought = Pick<OrderWorkflowInput, 'bought' | 'price'>;

/**
 * Shows an operator in the Web UI where the order stands, in words, and stores the status as a search attribute.
 *
 * @param options.isKnown the search attribute has this status already
 */
export function showStanding(order: OrderStanding, bought: Bought = {}, { isKnown = false } = {}): void {
  // The workflow starts with the status `placed`, so only another status is worth an event in the history.
  if (order.status !== 'placed' && !isKnown) upsertSearchAttributes([{ key: orderStatusKey, value: order.status }]);
  setCurrentDetails(inWords(order, bought));
}

function inWords(
  { status, cancelReason, paidReason, paymentId, refund, expiresAt }: OrderStanding,
  order: Bought,
): string {
  const bought = order.bought && order.price ? ` ${order.bought} for ${order.price}.` : '';
  const goes = refund?.voids ? 'is only authorised, and is released' : 'goes back';
  const refunded =
    refund && `\n\n${refund.price ?? 'The money'} of payment \`${refund.paymentId}\` ${goes}: ${refund.reason}.`;
  const end = `${bought} The stock is ${status === 'paid' ? 'sold' : 'free again'}.${refunded ?? ''}`;
  switch (status) {
    case 'placed':
      return `**Placed.**${bought} The stock is held until ${expiresAt}, and the order waits for its payment.${refunded ?? ''}`;
    case 'paid':
      return `**Paid**${paymentId ? ` by payment \`${paymentId}\`` : paidReason ? `: ${paidBy[paidReason]}` : ''}.${end}`;
    case 'canceled':
      return `**Canceled**${cancelReason ? `: ${reasons[cancelReason]}` : ''}.${end}`;
  }
}

const paidBy: Record<PaidReason, string> = { 'nothing-to-pay': 'the order costs nothing' };

const reasons: Record<CancelReason, string> = {
  'payment-window-expired': 'no payment arrived in time',
  'customer-request': 'the customer asked for the cancellation',
  'legacy-timeout': 'the legacy service reported a time-out',
  'operator-request': 'an operator asked for the cancellation',
  'stock-missing': 'too few units were left on the shelf',
};
