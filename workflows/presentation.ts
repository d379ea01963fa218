import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { OrderStanding } from './contract.js';
import { orderStatusKey } from './search-attributes.js';

/** What an operator sees in the Web UI: where the order stands, in words, and the status to search by. */
export function showStanding(order: OrderStanding): void {
  // It was started as placed: an event in the history only when that changes.
  if (order.status !== 'placed') upsertSearchAttributes([{ key: orderStatusKey, value: order.status }]);
  setCurrentDetails(story(order));
}

function story(order: OrderStanding): string {
  const refund =
    order.refund === null ? '' : `\n\nPayment \`${order.refund.paymentId}\` goes back: ${order.refund.reason}.`;
  switch (order.status) {
    case 'placed':
      return `**Placed.** Stock is held until ${order.expiresAt}; waiting for the payment.${refund}`;
    case 'paid':
      return `**Paid.** The stock is sold.${refund}`;
    case 'canceled':
      return `**Canceled** (${order.cancelReason ?? 'no reason given'}). The stock is free again.${refund}`;
  }
}
