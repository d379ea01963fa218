import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { StockChange, StockChangeRequest, StockLevel } from '../../domain/stock-change.js';
import { inOneRoundTrip } from '../driver/one-round-trip.js';
import type { Transaction } from '../driver/transaction.js';
import { crossingOf, insertEvents } from '../events/new-events.js';

/** The rows of `stock_changes`. */

interface ChangeRow extends RowDataPacket, Omit<StockChange, 'canceledOrders'> {
  readonly canceledOrders: string | null;
  readonly idempotencyKey: string | null;
  readonly fingerprint: Buffer | null;
}

export const changeColumns = `change_id AS changeId, sku, kind, quantity, counted, reason, reference,
  changed_by AS \`by\`, changed_at AS changedAt, available_after AS available, reserved_after AS reserved,
  canceled_orders AS canceledOrders`;

export function toChange({ idempotencyKey: _, fingerprint: __, ...row }: ChangeRow): StockChange {
  const canceledOrders = row.canceledOrders === null ? [] : JSON.parse(row.canceledOrders);
  return { ...row, canceledOrders };
}

export type { ChangeRow };

/** The changes that are stored under these keys. The caller has locked the stock, so each is committed. */
export async function findChanges(
  transaction: Transaction,
  keys: readonly string[],
): Promise<ReadonlyMap<string, { readonly change: StockChange; readonly fingerprint: Buffer }>> {
  const [rows] = await transaction.query<ChangeRow[]>(
    `SELECT ${changeColumns}, idempotency_key AS idempotencyKey, fingerprint FROM stock_changes
     WHERE idempotency_key IN (?)`,
    [keys],
  );
  return new Map(
    rows.map((row) => [
      row.idempotencyKey ?? '',
      { change: toChange(row), fingerprint: row.fingerprint ?? Buffer.alloc(0) },
    ]),
  );
}

/** A change that the locked stock allows. `before` is the stock as the change finds it. */
export interface AllowedChange {
  readonly request: StockChangeRequest;
  readonly delta: number;
  readonly before: StockLevel;
  readonly after: StockLevel;
  readonly canceledOrders?: readonly string[];
}

/**
 * Writes the ledger's rows, the stock and the events of what sold out or came back. One round trip for all changes.
 *
 * @returns the stored changes, by their keys
 */
export async function writeChanges(
  transaction: Transaction,
  allowed: readonly AllowedChange[],
): Promise<ReadonlyMap<string, { readonly change: StockChange }>> {
  if (allowed.length === 0) return new Map();
  const together = inOneRoundTrip(transaction);
  const [, , , stored] = await Promise.all([
    insertChanges(together, allowed),
    moveLevels(together, allowed),
    insertEvents(
      together,
      allowed.flatMap(({ request, before, after }) => crossingOf(request.sku, before.available, after.available)),
    ),
    findChanges(
      together,
      allowed.map(({ request }) => request.idempotencyKey),
    ),
  ]);
  return stored;
}

/** The unique key refuses a second change under one key. */
async function insertChanges(transaction: Transaction, allowed: readonly AllowedChange[]): Promise<void> {
  const rows = allowed.map(({ request, delta, after, canceledOrders = [] }) => [
    request.sku,
    request.kind,
    delta,
    request.kind === 'counted' ? request.quantity : null,
    request.reason,
    request.reference,
    request.by,
    after.available,
    after.reserved,
    request.idempotencyKey,
    request.fingerprint,
    canceledOrders.length === 0 ? null : JSON.stringify(canceledOrders),
  ]);
  await transaction.query(
    `INSERT INTO stock_changes (sku, kind, quantity, counted, reason, reference, changed_by, available_after,
       reserved_after, idempotency_key, fingerprint, canceled_orders, changed_at)
     VALUES ${rows.map(() => '(?, UTC_TIMESTAMP(3))').join(', ')}`,
    rows,
  );
}

/**
 * `initial` and `available` move together. The WHERE refuses a stock below 0, also for a caller without the locks. The
 * columns of the list have the type of the table's key: with other types the join reads the whole table.
 */
export async function moveLevels(
  transaction: Transaction,
  allowed: readonly { readonly request: Pick<StockChangeRequest, 'sku'>; readonly delta: number }[],
): Promise<void> {
  const moved = [...Map.groupBy(allowed, ({ request }) => request.sku)]
    .map(([sku, changes]) => ({ sku, units: changes.reduce((total, { delta }) => total + delta, 0) }))
    // The server does not count a row that it does not change.
    .filter(({ units }) => units !== 0);
  if (moved.length === 0) return;
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
       sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku',
       units BIGINT PATH '$.units')) AS moved
     STRAIGHT_JOIN products p FORCE INDEX (PRIMARY) ON p.sku = moved.sku
     SET p.initial = p.initial + moved.units, p.available = p.available + moved.units
     WHERE p.available + moved.units >= 0`,
    [JSON.stringify(moved)],
  );
  if (affectedRows !== moved.length) throw new Error(`changed ${affectedRows} SKUs instead of ${moved.length}`);
}
