import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { isRefusedValue } from '../driver/connection-errors.js';
import { inOneRoundTrip } from '../driver/one-round-trip.js';
import type { Transaction } from '../driver/transaction.js';
import { insertBack } from '../events/new-events.js';

type Movement = 'sold' | 'released';

/** An order that has ended, and where its stock goes. */
export interface Ended {
  readonly orderId: string;
  readonly movement: Movement;
}

interface Line {
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
}

/** A product was deleted, renamed or changed by hand: the stock of some order cannot be moved. */
export class StockNotMoved extends Error {}

/** A locking read: the order's lock may come from a transaction that is just committing these rows (ADR 23). */
export async function linesOf(
  transaction: Transaction,
  ended: readonly Pick<Ended, 'orderId'>[],
): Promise<readonly Line[]> {
  if (ended.length === 0) return [];
  const [lines] = await transaction.query<(RowDataPacket & Line)[]>(
    `SELECT order_id AS orderId, sku, quantity FROM order_items FORCE INDEX (PRIMARY) WHERE order_id IN (?)
     ORDER BY sku, order_id LOCK IN SHARE MODE`,
    [ended.map(({ orderId }) => orderId)],
  );
  return lines;
}

/** Called after the orders have ended. The primary key refuses a second movement of an order. */
export async function insertMovements(
  transaction: Transaction,
  ended: readonly Pick<Ended, 'orderId'>[],
): Promise<void> {
  if (ended.length === 0) return;
  await transaction.query(
    `INSERT INTO stock_movements (order_id, kind, moved_at)
     SELECT order_id, IF(status = 'paid', 'sold', 'released'), UTC_TIMESTAMP(3)
     FROM orders FORCE INDEX (PRIMARY) WHERE order_id IN (?) ORDER BY order_id`,
    [ended.map(({ orderId }) => orderId)],
  );
}

/**
 * Moves the stock of orders from `reserved` to `sold` or `available`, and writes an event for each SKU that is available
 * again. SKUs are locked in the same order as by reservations, so that the two never deadlock, and are locked last, for
 * one UPDATE and the COMMIT.
 *
 * A product that was deleted, renamed or changed by hand does not stop a settlement. With `byLine`, stock that cannot be
 * moved is written to `stock_discrepancies` in the same transaction.
 *
 * @param options.unannounced SKUs without an event
 * @throws {StockNotMoved} without `byLine`
 */
export async function moveStock(
  transaction: Transaction,
  ended: readonly Ended[],
  lines: readonly Line[],
  { byLine, unannounced }: { readonly byLine: boolean; readonly unannounced: ReadonlySet<string> },
): Promise<void> {
  if (ended.length === 0) return;
  const movementOf = new Map(ended.map(({ orderId, movement }) => [orderId, movement]));
  const moves = lines.map((line) => ({ ...line, movement: movementOf.get(line.orderId) ?? 'released' }));
  if (!byLine) return await moveBySku(transaction, moves, unannounced);
  for (const move of moves) {
    const cause = await moveLine(transaction, move);
    if (cause !== undefined) await storeDiscrepancy(transaction, move, cause);
    else if (move.movement === 'released' && !unannounced.has(move.sku)) {
      await insertBack(transaction, [{ sku: move.sku, units: move.quantity }]);
    }
  }
}

type Move = Line & { readonly movement: Movement };

/**
 * One UPDATE for all SKUs. The columns of the list have the type of the table's key: with other types the join reads the
 * whole table.
 */
async function moveBySku(
  transaction: Transaction,
  moves: readonly Move[],
  unannounced: ReadonlySet<string>,
): Promise<void> {
  const skus = [...Map.groupBy(moves, ({ sku }) => sku)].map(([sku, ofSku]) => ({
    sku,
    sold: sum(ofSku.filter(({ movement }) => movement === 'sold')),
    released: sum(ofSku.filter(({ movement }) => movement === 'released')),
  }));
  const back = skus.filter(({ sku }) => !unannounced.has(sku)).map(({ sku, released: units }) => ({ sku, units }));
  const together = inOneRoundTrip(transaction);
  const [[{ affectedRows }]] = await Promise.all([
    together.query<ResultSetHeader>(
      `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
         sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku',
         sold BIGINT PATH '$.sold',
         released BIGINT PATH '$.released')) AS moved
       STRAIGHT_JOIN products p FORCE INDEX (PRIMARY) ON p.sku = moved.sku
       SET p.reserved = p.reserved - moved.sold - moved.released, p.sold = p.sold + moved.sold,
         p.available = p.available + moved.released
       WHERE p.reserved >= moved.sold + moved.released`,
      [JSON.stringify(skus)],
    ),
    insertBack(together, back),
  ]).catch((error) => {
    throw isRefusedValue(error) ? new StockNotMoved('a product refuses the movement', { cause: error }) : error;
  });
  if (affectedRows !== skus.length) throw new StockNotMoved(`moved ${affectedRows} SKUs instead of ${skus.length}`);
}

const sum = (lines: readonly Line[]): number => lines.reduce((total, { quantity }) => total + quantity, 0);

/** @returns why the line could not be moved; its product is then unchanged */
async function moveLine(transaction: Transaction, { sku, quantity, movement }: Move) {
  const to = movement === 'sold' ? 'sold' : 'available';
  try {
    const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
      `UPDATE products SET reserved = reserved - ?, ${to} = ${to} + ? WHERE sku = ? AND reserved >= ?`,
      [quantity, quantity, sku, quantity],
    );
    if (affectedRows === 1) return undefined;
  } catch (error) {
    // The product's row breaks a CHECK already: a person wrote it with the checks off.
    if (isRefusedValue(error)) return 'stock-inconsistent';
    throw error;
  }
  const [products] = await transaction.query<RowDataPacket[]>('SELECT sku FROM products WHERE sku = ?', [sku]);
  return products.length === 0 ? 'product-missing' : 'not-reserved';
}

async function storeDiscrepancy(
  transaction: Transaction,
  { orderId, sku, quantity, movement }: Move,
  cause: string,
): Promise<void> {
  await transaction.query(
    `INSERT INTO stock_discrepancies (order_id, sku, quantity, movement, cause, found_at)
     VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3))`,
    [orderId, sku, quantity, movement, cause],
  );
}
