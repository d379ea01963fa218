import type { WorkflowStartOptions } from '@temporalio/client';
import { type OrderWorkflowInput, orderWorkflowId } from '../../workflows/contract.js';
import {
  orderAmountKey,
  orderCustomerKey,
  orderReferenceKey,
  orderStatusKey,
} from '../../workflows/search-attributes.js';
import type { Customer } from '../domain/customer.js';
import { itemsInWords, priceInWords } from '../domain/in-words.js';
import type { Order, OrderStatus } from '../domain/order.js';
import { adjustmentLines, type ShownAdjustment } from './adjustment-lines.js';
import { linkToLatePayments } from './web-ui.js';
import { plainCustomer, plainSku, summaryOf } from './words.js';

/** Without `items` the timeline shows only the price. */
export type OrderToStart = Omit<OrderWorkflowInput, 'bought' | 'price' | 'recordsLocally' | 'settlesLocally'> & {
  readonly items?: Order['items'];
  readonly adjustments?: readonly ShownAdjustment[];
  readonly reference?: string;
};

/** Where the workflows of one installation run. */
export interface Installation {
  readonly taskQueue: string;
  readonly namespace: string;
}

/**
 * Temporal refuses a second start while the order's workflow runs, and after the workflow has completed. After a run
 * that failed or was terminated by hand, a new run may start. The new run continues from the database. A run that
 * starts after Temporal's retention does the same, and finds the order settled.
 */
export function orderOptions({ taskQueue, namespace }: Installation, order: OrderToStart): WorkflowStartOptions {
  const { orderId, userId, items = [], amount, currency, expiresAt, reference } = order;
  const price = priceInWords(amount, currency);
  const bought = items.length > 0 ? { bought: itemsInWords(items, plainSku) } : undefined;
  return {
    taskQueue,
    workflowId: orderWorkflowId(orderId),
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    args: [
      {
        orderId,
        userId,
        amount,
        currency,
        expiresAt,
        ...bought,
        price,
        recordsLocally: true,
        settlesLocally: true,
      } satisfies OrderWorkflowInput,
    ],
    staticSummary: summaryOf(`${bought ? `${bought.bought} for ` : ''}${price}, ${plainCustomer(userId)}`),
    staticDetails: details(order, { price, namespace }),
    typedSearchAttributes: [
      { key: orderStatusKey, value: 'placed' satisfies OrderStatus },
      ...customerAttribute(userId),
      { key: orderAmountKey, value: amount },
      ...(reference === undefined ? [] : [{ key: orderReferenceKey, value: reference }]),
    ],
  };
}

/** A guest has none. */
export const customerAttribute = (customer: Customer | undefined) =>
  customer === null || customer === undefined ? [] : [{ key: orderCustomerKey, value: String(customer) }];

/** Temporal keeps at most 20,000 bytes of details. */
const MOST_LINES = 50;

/** Markdown, for the Web UI. */
function details(order: OrderToStart, { price, namespace }: { readonly price: string; readonly namespace: string }) {
  const { orderId, userId, items = [], adjustments = [], amount, currency, expiresAt } = order;
  const lines = items
    .slice(0, MOST_LINES)
    .map(({ sku, quantity, unitPrice }) => `- ${quantity} × ${plainSku(sku)} at ${priceInWords(unitPrice, currency)}`);
  if (items.length > MOST_LINES) lines.push(`- and ${items.length - MOST_LINES} lines more`);
  lines.push(...adjustmentLines(adjustments, currency));
  const head = `**Order** \`${orderId}\` of ${plainCustomer(userId)}: **${price}**, ${amount === 0 ? 'and nothing is to pay' : `to be paid until ${expiresAt}, or another deadline if it is moved`}.`;
  // The link stands first, because the box of the Web UI is short.
  const late = userId === null ? '' : ` ${linkToLatePayments(namespace, userId)}`;
  return [head + late, '', ...lines].join('\n');
}
