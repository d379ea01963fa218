import { hash } from 'node:crypto';
import type { AskedChange, RefusedChange, StockChangeRequest, StockChangeResult } from '../../domain/stock-change.js';
import { isSilence } from '../driver/connection-errors.js';
import { createGroupCommit } from '../driver/group-commit.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';
import { changeStock, changeStockIn } from './change-batch.js';
import { forceChange } from './forced-change.js';
import { newestHolding } from './holding-orders.js';

export interface StockChanges {
  /** @throws {DomainError} `overloaded`, `dependency-unavailable` */
  readonly change: (asked: AskedChange) => Promise<StockChangeResult>;
  readonly idle: () => Promise<void>;
}

/** A rule of thumb: a person does not read a longer list of orders. */
const NAMED_ORDERS = 100;

/**
 * Changes that come at the same time run in one transaction, as reservations do: the stock is locked for one UPDATE and
 * the COMMIT, so a restock stops no sale.
 */
export function createStockChanges(pool: Pool): StockChanges {
  const group = createGroupCommit((requests: readonly StockChangeRequest[]) => changeStock(pool, requests), {
    largest: 200,
    atOnce: 1,
    waiting: 5_000,
    endsAll: isSilence,
  });
  return {
    async change(asked) {
      const request = withFingerprint(asked);
      const result = await group(request);
      if (!isCancelable(result) || !request.cancelNewestOrders) return await naming(pool, request, result);
      return await naming(pool, request, await forceChange(pool, request, result.missing));
    },
    idle: group.idle,
  };
}

/** What {@link createStockChanges} would answer. Changes nothing: the transaction is rolled back. */
export async function rehearseChange(pool: Pool, asked: AskedChange): Promise<StockChangeResult> {
  const request = withFingerprint(asked);
  const result = await rehearsed((rollBack) =>
    inTransaction(pool, async (transaction) => rollBack((await changeStockIn(transaction, [request]))[0])),
  );
  if (!isCancelable(result) || !request.cancelNewestOrders) return await naming(pool, request, result);
  const forced = await rehearsed((rollBack) => forceChange(pool, request, result.missing, rollBackChanged(rollBack)));
  return await naming(pool, request, forced);
}

function withFingerprint(asked: AskedChange): StockChangeRequest {
  const { sku, kind, quantity, reason, reference, by, cancelNewestOrders } = asked;
  const text = JSON.stringify([sku, kind, quantity, reason, reference, by, cancelNewestOrders]);
  return { ...asked, fingerprint: hash('sha256', text, 'buffer') };
}

class Rehearsed extends Error {
  constructor(readonly result: StockChangeResult | undefined) {
    super('a rehearsal is rolled back');
  }
}

async function rehearsed(
  work: (rollBack: (result: StockChangeResult | undefined) => never) => Promise<StockChangeResult>,
): Promise<StockChangeResult> {
  try {
    return await work((result) => {
      throw new Rehearsed(result);
    });
  } catch (error) {
    if (error instanceof Rehearsed && error.result !== undefined) return error.result;
    throw error;
  }
}

/** A refusal may be the first of several attempts. */
const rollBackChanged = (rollBack: (result: StockChangeResult) => never) => (result: StockChangeResult) => {
  if (result.kind === 'changed') rollBack(result);
};

const isCancelable = (result: StockChangeResult): result is RefusedChange =>
  result.kind === 'refused' && result.missing > 0;

/** Names the orders that could no longer be met, as they are now. */
async function naming(pool: Pool, { sku }: AskedChange, result: StockChangeResult): Promise<StockChangeResult> {
  if (!isCancelable(result)) return result;
  const orders = await newestHolding(pool, sku, result.missing);
  const newest = orders.slice(0, NAMED_ORDERS).map(({ orderId }) => orderId);
  return { ...result, orders: { total: orders.length, newest } };
}
