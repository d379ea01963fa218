import { randomUUID } from 'node:crypto';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { rows } from './database.js';
import type { System } from './system.js';

interface Charge {
  readonly paymentId: string;
  readonly orderId: string;
  readonly amount: number;
  readonly currency: string;
  readonly type: 'payment.succeeded' | 'payment.failed';
}

/** An order of one unit. */
export const buyOne = async (customers: System['customers'], sku = 'mug', userId = 1): Promise<Placed> =>
  (await customers.buy(userId, [{ sku, quantity: 1 }])).body;

/** The content of a webhook for a payment of the order's full amount; `overrides` changes parts of it. */
export function chargeOf({ orderId, amount, currency }: Placed, overrides: Partial<Charge> = {}) {
  const { type = 'payment.succeeded', ...rest } = overrides;
  return { type, data: { paymentId: `pay_${randomUUID()}`, orderId, amount, currency, ...rest } };
}

/** Makes a payment at the provider, which sends the webhook and can refund the payment later. @returns its id */
export async function charge(system: System, order: Placed, overrides: Partial<Charge> = {}): Promise<string> {
  const { type, data } = chargeOf(order, overrides);
  const response = await fetch(`${system.providerUrl}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type, ...data, webhookUrl: `${system.shopUrl}/webhooks/payment` }),
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return data.paymentId;
}

/** The row of a payment in the database. */
export async function storedPayment(
  { pool }: System,
  paymentId: string,
): Promise<{ status?: string; reason?: string | null }> {
  const [row] = await rows(pool, 'SELECT status, refund_reason AS reason FROM payments WHERE payment_id = ?', [
    paymentId,
  ]);
  return row ?? {};
}

/** Waits until a payment has this status, and returns the reason of its refund. */
export async function untilStatus(
  system: System,
  paymentId: string,
  status: string,
): Promise<string | null | undefined> {
  const found = await until(
    `payment ${paymentId} to be ${status}`,
    () => storedPayment(system, paymentId),
    (payment) => payment.status === status,
  );
  return found.reason;
}

export const eventsOf = async ({ pool }: System, paymentId: string): Promise<unknown[]> =>
  await rows(pool, 'SELECT event_id FROM payment_events WHERE payment_id = ?', [paymentId]);

/** The sum of the values of a process's metrics whose lines match; NaN when no line matches. */
export async function metric(url: string, line: RegExp): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = text.split('\n').filter((sample) => line.test(sample));
  return found.length === 0 ? Number.NaN : found.reduce((sum, one) => sum + Number(one.split(' ').at(-1)), 0);
}
