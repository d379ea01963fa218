import type { Placed } from '../../../src/cli/story/customer.js';
import { until } from '../../../src/cli/story/until.js';
import { payOnPage } from '../../helpers/begun.js';
import { carriedOut } from '../../helpers/cancel.js';
import type { System } from '../../helpers/system.js';

/** An order, and what becomes of it without a single webhook. */
export interface Bought {
  readonly orderId: string;
  /** By the sweeps alone. */
  readonly first: 'placed' | 'paid' | 'canceled';
  /** After the reconciliation with the provider's list. */
  readonly end: 'paid' | 'canceled';
  /** The payment began at the provider, and order-bridge knows nothing of it: no sweep asks about it. */
  readonly paidElsewhere: boolean;
}

const begunHere = { paidElsewhere: false } as const;

/** The customers of each kind, in turn. */
const kinds: readonly ((system: System, n: number) => Promise<Bought>)[] = [
  paysOnPage,
  paysOnPage,
  paysNothing,
  beginsAndPaysNothing,
  paysAndCancels,
  paysElsewhere,
  paysElsewhereTooLate,
];

/** @param n each customer has a user id of its own, since the open orders of a user are limited */
export const buyer = (system: System, n: number): Promise<Bought> => {
  const kind = kinds[n % kinds.length] ?? paysNothing;
  return kind(system, n + 1);
};

async function paysOnPage({ shortWindowCustomers: customers }: System, n: number): Promise<Bought> {
  const order = await buy(customers, n);
  await customers.payOnPage(await pageOf(customers, order));
  return { orderId: order.orderId, first: 'paid', end: 'paid', ...begunHere };
}

async function paysNothing({ shortWindowCustomers: customers }: System, n: number): Promise<Bought> {
  const { orderId } = await buy(customers, n);
  return { orderId, first: 'canceled', end: 'canceled', ...begunHere };
}

async function beginsAndPaysNothing({ shortWindowCustomers: customers }: System, n: number): Promise<Bought> {
  const order = await buy(customers, n);
  await payOnPage(await pageOf(customers, order), 'decline');
  return { orderId: order.orderId, first: 'canceled', end: 'canceled', ...begunHere };
}

/** The cancel comes first, as long as no webhook says that the money is there. The money goes back. */
async function paysAndCancels({ customers, shopUrl }: System, n: number): Promise<Bought> {
  const order = await buy(customers, n);
  await customers.payOnPage(await pageOf(customers, order));
  const headers = { authorization: `Bearer ${order.readToken}` };
  const { status } = await carriedOut(() =>
    fetch(`${shopUrl}/orders/${order.orderId}/cancel`, { method: 'POST', headers }),
  );
  if (status !== 200) throw new Error(`the cancel of ${order.orderId} was answered ${status}`);
  return { orderId: order.orderId, first: 'canceled', end: 'canceled', ...begunHere };
}

/** The window of a transfer is longer than the test. */
async function paysElsewhere({ customers }: System, n: number): Promise<Bought> {
  const order = await buy(customers, n, { paymentMethod: 'transfer' });
  await customers.pay(order);
  return { orderId: order.orderId, first: 'placed', end: 'paid', paidElsewhere: true };
}

/** The window ends before the payment is found. The money goes back. */
async function paysElsewhereTooLate({ shortWindowCustomers: customers }: System, n: number): Promise<Bought> {
  const order = await buy(customers, n);
  await customers.pay(order);
  return { orderId: order.orderId, first: 'canceled', end: 'canceled', paidElsewhere: true };
}

/** As a client does, a buyer repeats a checkout that was answered 503, under the same key. */
async function buy(customers: System['customers'], n: number, more: object = {}): Promise<Placed> {
  const { status, body } = await until(
    'the checkout to be taken',
    () => customers.buy(n, [{ sku: 'mug', quantity: 1 }], `buyer-${n}`, more),
    (answer) => answer.status !== 503,
  );
  if (status !== 201) throw new Error(`the checkout was answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** The page of the provider. A begin that is repeated gets the payment that has begun. */
async function pageOf(customers: System['customers'], order: Placed): Promise<string> {
  const begun = await until(
    'the payment to begin',
    () => customers.begin(order).catch((error: Error) => error),
    (answer) => !(answer instanceof Error && answer.message.includes('answered 503')),
  );
  if (begun instanceof Error) throw begun;
  return begun.url;
}
