import { styleText } from 'node:util';
import { customerInWords } from '../domain/customer.js';
import { itemsInWords, priceInWords } from '../domain/in-words.js';
import type { OrderView } from '../domain/order.js';
import { onOneLine } from './product-words.js';

/** @returns the two lines of an order in a list */
export function orderInWords(order: OrderView): string[] {
  const { orderId, status, cancelReason, createdAt, items, amount, currency, refund, reference } = order;
  const why = `${cancelReason === null ? '' : ` (${cancelReason})`}${order.successor ? `, successor ${order.successor}` : ''}`;
  const owed = order.refunds?.filter(({ state }) => state === 'required' || state === 'failed') ?? [];
  const money = [
    ...(refund === 'none' ? [] : [`, refund ${refund}`]),
    ...owed.map((back) => `, refund of ${priceInWords(back.amount, currency)} ${back.state}`),
  ].join('');
  const named = reference === undefined ? '' : `, reference ${onOneLine(reference)}`;
  return [
    `${styleText('bold', orderId)}  ${status}${why}  ${priceInWords(amount, currency)}${money}`,
    `    ${customerOf(order)}${named}, ${createdAt.toISOString()}: ${itemsInWords(items)}`,
  ];
}

/** Says `customer` before an id: the text `guest` is an id too. */
export const customerOf = ({ userId }: Pick<OrderView, 'userId'>): string => onOneLine(customerInWords(userId));

/** The name of a value as the first column of a list. */
export const labeled = (name: string, value: unknown): string =>
  `${`${name}:`.padEnd(16)}${value instanceof Date ? value.toISOString() : onOneLine(String(value ?? '-'))}`;
