import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { v7 as uuid } from 'uuid';
import { chooseLateSales, type LatePayment, type Units } from '../../domain/late-sale.js';
import { inOneRoundTrip } from '../driver/one-round-trip.js';
import type { Transaction } from '../driver/transaction.js';
import { crossingOf, insertEvents } from '../events/new-events.js';
import { inParts } from '../sku-parts.js';
import { type Ended, linesOf } from './stock-movements.js';

/** An order that takes the place of a canceled one, and is paid by its late payment. */
export interface NewSuccessor extends LatePayment {
  readonly successorId: string;
}

/** What late payments buy. The stock of these orders, and of all that end beside them, is locked. */
export interface LateSales {
  readonly sold: readonly NewSuccessor[];
  /** The units that are taken of each SKU. */
  readonly taken: Units;
  /** What was available of the taken SKUs at first. */
  readonly before: Units;
  /** When, by the database's clock. */
  readonly at: Date;
}

export const noLateSales: LateSales = { sold: [], taken: new Map(), before: new Map(), at: new Date(0) };

/**
 * Finds out which of the late payments can buy all that their orders wanted. Locks the stock of the whole transaction at
 * once, since stock is locked in SKU order. The caller has locked the orders and the payments.
 *
 * What the transaction itself releases can be bought at once, unless it is released line by line: then some product is
 * broken. A product that is off sale, or was changed by hand, has nothing.
 */
export async function findLateSales(
  transaction: Transaction,
  late: readonly LatePayment[],
  {
    withinMs,
    ended,
    byLine,
  }: { readonly withinMs: number; readonly ended: readonly Ended[]; readonly byLine: boolean },
): Promise<LateSales> {
  if (late.length === 0) return noLateSales;
  const together = inOneRoundTrip(transaction);
  const [lately, succeeded, forgotten, lines] = await Promise.all([
    endedLately(together, late, withinMs),
    among(together, 'late_sales', late),
    // A new order would be that of a guest, whom the shop cannot reach.
    among(together, 'forgotten_orders', late),
    linesOf(together, [...ended, ...late]),
  ]);
  const canBuy = (orderId: string) => lately.has(orderId) && !succeeded.has(orderId) && !forgotten.has(orderId);
  const alone = late.filter(({ orderId }) => canBuy(orderId));
  if (alone.length === 0) return noLateSales;
  const { available: before, at } = await lockForSale(
    transaction,
    lines.map(({ sku }) => sku),
  );
  const available = new Map(before);
  const isReleased = new Set(ended.filter(({ movement }) => movement === 'released').map(({ orderId }) => orderId));
  for (const { orderId, sku, quantity } of lines) {
    const units = available.get(sku);
    if (!byLine && units !== undefined && isReleased.has(orderId)) available.set(sku, units + quantity);
  }
  const linesOfOrder = Map.groupBy(lines, ({ orderId }) => orderId);
  const wanted = alone.map((payment) => {
    const units = new Map((linesOfOrder.get(payment.orderId) ?? []).map(({ sku, quantity }) => [sku, quantity]));
    return { ...payment, units };
  });
  const { sold, taken } = chooseLateSales(wanted, available);
  return { sold: sold.map((sale) => ({ ...sale, successorId: uuid() })), taken, before, at };
}

/**
 * Takes the units from what is available, and sells them. The WHERE refuses more than there is, also after a wrong
 * decision.
 */
export async function sellLate(transaction: Transaction, { taken, before }: LateSales): Promise<void> {
  if (taken.size === 0) return;
  const list = [...taken].map(([sku, units]) => ({ sku, units }));
  const together = inOneRoundTrip(transaction);
  const [[{ affectedRows }], [after]] = await Promise.all([
    together.query<ResultSetHeader>(
      `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
         sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku',
         units BIGINT PATH '$.units')) AS taken
       STRAIGHT_JOIN products p FORCE INDEX (PRIMARY) ON p.sku = taken.sku
       SET p.available = p.available - taken.units, p.sold = p.sold + taken.units
       WHERE p.available >= taken.units`,
      [JSON.stringify(list)],
    ),
    together.query<(RowDataPacket & { sku: string; available: number })[]>(
      'SELECT sku, available FROM products FORCE INDEX (PRIMARY) WHERE sku IN (?)',
      [[...taken.keys()]],
    ),
  ]);
  if (affectedRows !== list.length) {
    throw new Error(`sold ${affectedRows} SKUs to late payments instead of ${list.length}`);
  }
  await insertEvents(
    transaction,
    after.flatMap(({ sku, available }) => crossingOf(sku, before.get(sku) ?? 0, available)),
  );
}

/** An order that this transaction itself cancels has no time of its end yet. */
async function endedLately(
  transaction: Transaction,
  late: readonly LatePayment[],
  withinMs: number,
): Promise<ReadonlySet<string>> {
  const [rows] = await transaction.query<(RowDataPacket & { orderId: string })[]>(
    `SELECT order_id AS orderId FROM orders FORCE INDEX (PRIMARY)
     WHERE order_id IN (?) AND COALESCE(settled_at >= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND, TRUE) FOR UPDATE`,
    [late.map(({ orderId }) => orderId), withinMs * 1_000],
  );
  return new Set(rows.map(({ orderId }) => orderId));
}

/** Which orders have a row in the table. A locking read: the successor may be just committing (ADR 23). */
async function among(
  transaction: Transaction,
  table: 'late_sales' | 'forgotten_orders',
  late: readonly LatePayment[],
): Promise<ReadonlySet<string>> {
  const [rows] = await transaction.query<(RowDataPacket & { orderId: string })[]>(
    `SELECT order_id AS orderId FROM ${table} FORCE INDEX (PRIMARY) WHERE order_id IN (?) ORDER BY order_id FOR UPDATE`,
    [late.map(({ orderId }) => orderId)],
  );
  return new Set(rows.map(({ orderId }) => orderId));
}

/** Locks stock in SKU order. @returns what is available of the SKUs that are on sale, and the time */
async function lockForSale(
  transaction: Transaction,
  skus: readonly string[],
): Promise<{ readonly available: ReadonlyMap<string, number>; readonly at: Date }> {
  const available = new Map<string, number>();
  let at = new Date(0);
  for (const part of inParts([...new Set(skus)].map((sku) => ({ sku })))) {
    const [rows] = await transaction.query<(RowDataPacket & Locked)[]>(
      `SELECT sku, available, active = 1 AND initial = available + reserved + sold AS usable, UTC_TIMESTAMP(3) AS at
       FROM products FORCE INDEX (PRIMARY) WHERE sku IN (?) ORDER BY sku FOR UPDATE`,
      [part.map(({ sku }) => sku)],
    );
    for (const row of rows) {
      at = row.at;
      if (row.usable === 1) available.set(row.sku, row.available);
    }
  }
  return { available, at };
}

interface Locked {
  readonly sku: string;
  readonly available: number;
  readonly usable: number;
  readonly at: Date;
}
