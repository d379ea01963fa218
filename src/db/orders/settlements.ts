import type { RowDataPacket } from 'mysql2/promise';
import type { SettlementRequest } from '../../domain/decide-all.js';
import type { SettlementCause } from '../../domain/settlement.js';
import { lockedAmong } from '../checkouts/stock.js';
import { isLockWait, translated } from '../driver/connection-errors.js';
import { createGroupCommit } from '../driver/group-commit.js';
import type { Pool } from '../driver/pool.js';
import { orderUnknown } from './orders.js';
import { type Settlement, settleOrders } from './settlement.js';

export type SettleOrder = (orderId: string, cause: SettlementCause) => Promise<Settlement>;

type Outputs = (Settlement | Promise<Settlement>)[];

/**
 * Settlements that come at the same time run in one transaction. A settlement that fails is rejected, and the others go
 * on. After a lock wait, settlements of the locked SKUs are rejected at once until the lock is free: their callers retry
 * them, and the settlements of other SKUs do not wait.
 *
 * @returns a function that throws {@link DomainError} `order-unknown`, `overloaded` or `dependency-unavailable`
 */
export function createSettlements(pool: Pool): SettleOrder & { readonly idle: () => Promise<void> } {
  let held: ReadonlySet<string> = new Set();
  let lockWait: unknown;

  async function run(requests: readonly SettlementRequest[]): Promise<Outputs> {
    const blocked = held.size === 0 ? held : await wantingHeld(requests);
    const free = requests.filter(({ orderId }) => !blocked.has(orderId));
    const settled = new Map(free.length === 0 ? [] : await settle(free));
    return requests.map((request) => settled.get(request) ?? Promise.reject(lockWait));
  }

  async function settle(requests: readonly SettlementRequest[]): Promise<[SettlementRequest, Outputs[number]][]> {
    try {
      return answered(requests, await settleOrders(pool, requests, { lockWaits: 1 }));
    } catch (error) {
      if (!isLockWait(error)) throw error;
      lockWait = error;
      const lines = await linesOf(pool, requests);
      held = await lockedAmong(pool, [...new Set(lines.map(({ sku }) => sku))]);
      const free = requests.filter(
        ({ orderId }) => !lines.some((line) => line.orderId === orderId && held.has(line.sku)),
      );
      // The lock is on an order or a payment: halves of the group find out which.
      if (free.length === requests.length)
        throw requests.length > 1 ? new Error('a lock wait', { cause: error }) : error;
      return free.length === 0 ? [] : await settle(free);
    }
  }

  /** The orders among these that want stock which is still locked. Forgets the stock that is free again. */
  async function wantingHeld(requests: readonly SettlementRequest[]): Promise<ReadonlySet<string>> {
    held = await lockedAmong(pool, [...held]);
    if (held.size === 0) return held;
    const lines = await linesOf(pool, requests);
    return new Set(lines.filter(({ sku }) => held.has(sku)).map(({ orderId }) => orderId));
  }

  // One transaction at a time: two would wait for each other's stock.
  const group = createGroupCommit(run, { largest: 200, atOnce: 1, waiting: 5_000 });
  return Object.assign((orderId: string, cause: SettlementCause) => group({ orderId, cause }), { idle: group.idle });
}

const answered = (requests: readonly SettlementRequest[], settled: readonly (Settlement | undefined)[]) =>
  requests.map((request, index): [SettlementRequest, Outputs[number]] => [
    request,
    settled[index] ?? Promise.reject(orderUnknown(request.orderId)),
  ]);

async function linesOf(
  pool: Pool,
  requests: readonly SettlementRequest[],
): Promise<{ readonly orderId: string; readonly sku: string }[]> {
  try {
    const [lines] = await pool.query<(RowDataPacket & { orderId: string; sku: string })[]>(
      `SELECT c.order_id AS orderId, line.sku
       FROM checkouts c, JSON_TABLE(c.items, '$[*]' COLUMNS (sku VARCHAR(64) PATH '$.sku')) line
       WHERE c.order_id IN (?)`,
      [requests.map(({ orderId }) => orderId)],
    );
    return lines;
  } catch (error) {
    throw translated(error);
  }
}
