import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import { createBeginPayments } from '../../src/api/begin-payments.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { createSettlements } from '../../src/db/orders/settlements.js';
import type { CaptureAt } from '../../src/domain/authorisation.js';
import type { AskedBegin, BegunAnswer, ProviderWithDesk } from '../../src/domain/begun-payment.js';
import { createHttpProvider } from '../../src/payments/http-provider.js';
import { createBegunPayments } from '../../src/process/begun-payments.js';
import { createSimulator } from '../../src/simulator/create-simulator.js';
import { rows } from './database.js';
import { webhookSecret } from './system.js';

const json = { 'content-type': 'application/json' };

/** The payment simulator, whose webhooks reach nobody. */
export async function startProvider(t: ExecutionContext, capture: CaptureAt = 'at-once') {
  const token = 'a-token-for-the-provider';
  const logger = pino({ level: 'silent' });
  const retries = { attempts: 1 };
  const webhookUrl = 'http://127.0.0.1:9/';
  const { listen, close } = createSimulator({ secret: webhookSecret, token, webhookUrl, logger, retries });
  const url = await listen(0);
  t.teardown(close);
  const provider = createHttpProvider({ url, token, capture });
  return {
    url,
    token,
    provider,
    /** The customer pays on the page. @returns the status of the answer */
    pay: (reference: string) => payOnPage(`${url}/pay/${reference}`),
    fault: (faults: object) => fetch(`${url}/faults`, { method: 'POST', headers: json, body: JSON.stringify(faults) }),
    async payments(): Promise<{ paymentId: string; status: string; refunds: unknown[] }[]> {
      const answer = await fetch(`${url}/payments`);
      return ((await answer.json()) as { payments: { paymentId: string; status: string; refunds: unknown[] }[] })
        .payments;
    },
  };
}

export async function payOnPage(page: string, choice: 'pay' | 'decline' = 'pay'): Promise<number> {
  const answer = await fetch(page, { method: 'POST', body: new URLSearchParams({ choice }), redirect: 'manual' });
  return answer.status;
}

/** Longer than a test takes on a slow machine. */
export const CLOSE_WITHIN_MS = 600_000;

/** What the processes do with begun payments, on a real database. */
export function createDesk(
  pool: Pool,
  providers: readonly ProviderWithDesk[],
  { closeWithinMs = CLOSE_WITHIN_MS } = {},
) {
  const settlements = createSettlements(pool);
  const log = pino({ level: 'silent' });
  const deps = { pool, providers, receive: settlements.receive, log };
  const begin = createBeginPayments({ ...deps, closeWithinMs });
  return {
    begin,
    /** @throws when no payment begins */
    async begun(orderId: string, more: Partial<AskedBegin> = {}): Promise<BegunAnswer> {
      const result = await begin({ orderId, ...more });
      if (result.kind !== 'begun') throw new Error(`not begun: ${JSON.stringify(result)}`);
      return result.answer;
    },
    ...createBegunPayments(deps),
  };
}

export const begunRows = (pool: Pool) =>
  rows(
    pool,
    'SELECT state, reference, is_open AS isOpen, payment_id AS paymentId FROM begun_payments ORDER BY begun_at, begun_id',
  );

/** The time of every look has come. */
export const makeAllDue = (pool: Pool) => pool.query('UPDATE begun_payments SET due_at = UTC_TIMESTAMP(3)');

/** Moves the deadline of an order into the past, by this time. */
export async function passDeadline(pool: Pool, orderId: string, byMs = 1): Promise<void> {
  await pool.query('UPDATE checkouts SET expires_at = UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND WHERE order_id = ?', [
    byMs * 1_000,
    orderId,
  ]);
  await pool.query(
    `UPDATE orders o JOIN checkouts c ON c.order_id = o.order_id SET o.expires_at = c.expires_at WHERE o.order_id = ?`,
    [orderId],
  );
}
