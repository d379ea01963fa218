import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { allocate, type Product, type RequestedLine } from '../domain/allocation.js';
import type { Checkout, CheckoutRequest, CheckoutResult } from '../domain/checkout.js';
import { type CheckoutRow, checkoutColumns, toCheckout } from './checkout-row.js';
import { isDuplicateKey } from './connection-errors.js';
import type { Pool } from './pool.js';
import { inTransaction, type Transaction } from './transaction.js';

/**
 * Reserves stock for many buyers in one transaction: all lines of a buyer or none, in the order they came.
 *
 * A key that was used before is answered from its row, before stock is looked at again. Run a second time after a
 * lost reply to COMMIT, the batch finds its own rows by their keys: the locks on the stock make it wait for a first
 * run that the server has not ended yet.
 *
 * @param windowMs how long the stock is held, counted by the database's clock
 * @returns one result per request, in the same order
 * @throws {DomainError} `dependency-unavailable` when the database stays away; nothing is known to be reserved then,
 *   and asking again under the same key tells
 */
export async function reserve(
  pool: Pool,
  requests: readonly CheckoutRequest[],
  windowMs: number,
): Promise<CheckoutResult[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(pool, (transaction) => reserveIn(transaction, requests, windowMs));
    } catch (error) {
      // Another process committed one of these keys between our look and our insert; now we can see it.
      if (!isDuplicateKey(error) || attempt >= 5) throw error;
    }
  }
}

async function reserveIn(
  transaction: Transaction,
  requests: readonly CheckoutRequest[],
  windowMs: number,
): Promise<CheckoutResult[]> {
  const { products, now } = await lockStock(transaction, requests);
  const known = await findByKey(transaction, requests);

  const first = new Map<string, CheckoutRequest>();
  for (const request of requests) if (!first.has(keyOf(request))) first.set(keyOf(request), request);
  const fresh = [...first.values()].filter((request) => !known.has(keyOf(request)));

  const { allocations, taken } = allocate(
    products,
    fresh.map(({ lines }) => lines),
  );
  const decided = new Map<string, CheckoutResult>();
  const reserved: { request: CheckoutRequest; checkout: Checkout }[] = [];
  fresh.forEach((request, index) => {
    const allocation = allocations[index];
    if (allocation?.kind === 'reserved') {
      const { kind, ...priced } = allocation;
      const { orderId, userId, readToken, traceparent } = request;
      const expiresAt = new Date(now.getTime() + windowMs);
      const checkout = { orderId, userId, readToken, traceparent, ...priced, createdAt: now, expiresAt };
      reserved.push({ request, checkout });
      decided.set(keyOf(request), { kind, checkout, replayed: false });
    } else if (allocation !== undefined) decided.set(keyOf(request), allocation);
  });

  if (reserved.length > 0) {
    await takeStock(transaction, taken);
    await insertCheckouts(transaction, reserved);
  }
  return requests.map((request) => resultFor(request, known, first, decided));
}

/** Every transaction locks its SKUs in the same order, so that two never wait for each other. */
async function lockStock(
  transaction: Transaction,
  requests: readonly CheckoutRequest[],
): Promise<{ products: Product[]; now: Date }> {
  const skus = [...new Set(requests.flatMap(({ lines }) => lines.map(({ sku }) => sku)))].sort();
  const [rows] = await transaction.query<(RowDataPacket & Product & { now: Date })[]>(
    `SELECT sku, unit_price AS unitPrice, currency, available, UTC_TIMESTAMP(3) AS now
     FROM products FORCE INDEX (PRIMARY) WHERE sku IN (?) ORDER BY sku FOR UPDATE`,
    [skus],
  );
  return { products: rows, now: rows[0]?.now ?? new Date(0) };
}

type Known = ReadonlyMap<string, { readonly checkout: Checkout; readonly fingerprint: Buffer }>;

async function findByKey(transaction: Transaction, requests: readonly CheckoutRequest[]): Promise<Known> {
  const [rows] = await transaction.query<CheckoutRow[]>(
    `SELECT ${checkoutColumns}, idempotency_key, fingerprint FROM checkouts
     WHERE ${requests.map(() => '(user_id = ? AND idempotency_key = ?)').join(' OR ')}`,
    requests.flatMap(({ userId, idempotencyKey }) => [userId, idempotencyKey]),
  );
  return new Map(
    rows.map((row) => [
      keyOf({ userId: row.user_id, idempotencyKey: row.idempotency_key }),
      { checkout: toCheckout(row), fingerprint: row.fingerprint },
    ]),
  );
}

/** The condition repeats what the locks promise: stock is never taken that is not there, whoever calls this. */
async function takeStock(transaction: Transaction, taken: readonly RequestedLine[]): Promise<void> {
  const quantities = `CASE sku ${taken.map(() => 'WHEN ? THEN ?').join(' ')} END`;
  const values = taken.flatMap(({ sku, quantity }) => [sku, quantity]);
  const [{ affectedRows }] = await transaction.query<ResultSetHeader>(
    `UPDATE products SET available = available - ${quantities}, reserved = reserved + ${quantities}
     WHERE sku IN (?) AND available >= ${quantities} ORDER BY sku`,
    [...values, ...values, taken.map(({ sku }) => sku), ...values],
  );
  if (affectedRows !== taken.length) throw new Error(`took stock of ${affectedRows} SKUs instead of ${taken.length}`);
}

async function insertCheckouts(
  transaction: Transaction,
  reserved: readonly { readonly request: CheckoutRequest; readonly checkout: Checkout }[],
): Promise<void> {
  await transaction.query(
    `INSERT INTO checkouts (order_id, user_id, idempotency_key, fingerprint, items, amount, currency, read_token,
       traceparent, created_at, expires_at) VALUES ?`,
    [
      reserved.map(({ request, checkout }) => [
        checkout.orderId,
        checkout.userId,
        request.idempotencyKey,
        request.fingerprint,
        JSON.stringify(checkout.items),
        checkout.amount,
        checkout.currency,
        checkout.readToken,
        checkout.traceparent,
        checkout.createdAt,
        checkout.expiresAt,
      ]),
    ],
  );
}

function resultFor(
  request: CheckoutRequest,
  known: Known,
  first: ReadonlyMap<string, CheckoutRequest>,
  decided: ReadonlyMap<string, CheckoutResult>,
): CheckoutResult {
  const key = keyOf(request);
  const before = known.get(key);
  const fingerprint = before?.fingerprint ?? first.get(key)?.fingerprint;
  if (fingerprint === undefined || !fingerprint.equals(request.fingerprint)) return { kind: 'key-reused' };
  const result = before === undefined ? decided.get(key) : { kind: 'reserved' as const, checkout: before.checkout };
  if (result === undefined) throw new Error(`no decision for ${request.orderId}`);
  if (result.kind !== 'reserved') return result;
  return { ...result, replayed: result.checkout.orderId !== request.orderId };
}

const keyOf = ({ userId, idempotencyKey }: { readonly userId: number; readonly idempotencyKey: string }): string =>
  `${userId} ${idempotencyKey}`;
