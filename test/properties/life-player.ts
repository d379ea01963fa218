import { createHash, randomInt, randomUUID } from 'node:crypto';
import { reserve } from '../../src/db/checkouts/reservations.js';
import { moveDeadline } from '../../src/db/deadlines/moves.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { recordOrders } from '../../src/db/orders/orders.js';
import type { Settlement } from '../../src/db/orders/settlement.js';
import { createSettlements, type Settlements } from '../../src/db/orders/settlements.js';
import { storeEvent } from '../../src/db/payments/payments.js';
import { markRefunded } from '../../src/db/payments/refunds.js';
import { markOrderRefunded, markOrderRefundFailed } from '../../src/db/refunds/refund-outcomes.js';
import { requestRefund } from '../../src/db/refunds/request-refund.js';
import type { Checkout } from '../../src/domain/checkout.js';
import type { Customer } from '../../src/domain/customer.js';
import { DomainError } from '../../src/domain/errors.js';
import type { PaymentEvent } from '../../src/domain/payment.js';
import type { SettlementCause } from '../../src/domain/settlement.js';
import { checkoutRequest, product, rows } from '../helpers/database.js';
import { lateSales } from '../helpers/late-sales.js';
import { askedRefund } from '../helpers/refunds.js';
import { type Answered, explain } from './linearize.js';
import type { Life, Thread } from './lives.js';
import {
  answerText,
  bytesOf,
  costsNothing,
  DEADLINES,
  type Model,
  type Money,
  type Operation,
  type Part,
  PROCESSING_MS,
  placed,
  type Webhook,
} from './order-model.js';

/** Plays lives on the real database, with the functions that the API, the bridge and the worker call. */

/** A life with answers or rows that the model does not allow. */
export class WrongLife extends Error {
  override name = 'WrongLife';

  constructor(
    readonly life: Life,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${message}\nin the life ${JSON.stringify(life)}`, options);
  }
}

/** A played life: its order, and the states that explain its answers. */
export interface Played {
  readonly life: Life;
  readonly checkout: Checkout;
  readonly states: readonly Model[];
}

export const paymentIdOf = (orderId: string, payment: number): string => `${orderId}:${payment}`;
/** A payment of another order, which no life may use. */
export const OTHERS_PAYMENT = 'other-order:0';

/** Takes the whole price of the lines: each product of this shop has the price of `product`. */
const voucher = (items: Life['items']) => {
  const units = items.reduce((sum, { quantity }) => sum + quantity, 0);
  return { kind: 'discount', label: 'Gift', amount: -units * product().unitPrice } as const;
};

const anyCustomer = (): Customer => [randomInt(1, 2 ** 40), randomUUID(), null][randomInt(3)] ?? null;

/** Reserves the stock of many lives at once. A life that is late from its first wave gets a deadline in the past. */
export async function placeLives(pool: Pool, lives: readonly Life[]): Promise<ReadonlyMap<Life, Checkout>> {
  const placedBy = async (late: boolean): Promise<[Life, Checkout][]> => {
    const reserved = lives.filter(({ lateFrom }) => (lateFrom === 0) === late);
    if (reserved.length === 0) return [];
    const requests = reserved.map(({ items, free }) =>
      checkoutRequest({ userId: anyCustomer(), lines: items, ...(free && { adjustments: [voucher(items)] }) }),
    );
    const results = await reserve(pool, requests, late ? -1 : DEADLINES.first);
    return reserved.map((life, index) => {
      const result = results[index];
      if (result?.kind !== 'reserved') throw new Error(`not reserved: ${result?.kind}`);
      return [life, result.checkout];
    });
  };
  return new Map([...(await placedBy(true)), ...(await placedBy(false))]);
}

/**
 * Plays a life, wave by wave. The threads of a wave use the pools in turn, as different processes do.
 *
 * @throws {WrongLife} when no order of operations explains the answers of a wave, or an operation failed
 */
export async function playLife(pools: readonly Pool[], life: Life, checkout: Checkout): Promise<Played> {
  let states: readonly Model[] = [{ ...(life.free ? costsNothing : placed), sells: life.sells }];
  for (const [index, wave] of life.waves.entries()) {
    if (index > 0 && index === life.lateFrom) await passDeadline(poolOf(pools, index), checkout.orderId);
    const threads = wave.map((thread, turn) =>
      runThread(poolOf(pools, index + turn), { checkout, sells: life.sells }, thread),
    );
    const answered = await Promise.all(threads).catch((cause) => {
      throw new WrongLife(life, `wave ${index}: ${String(cause)}`, { cause });
    });
    const next = explain(states, answered, index >= life.lateFrom);
    if (next.length === 0) {
      const before = states.map((state) => `  ${JSON.stringify(state)}`).join('\n');
      const answers = answered.map((thread) => `  ${thread.map(toText).join('; ')}`).join('\n');
      throw new WrongLife(life, `wave ${index} has no explanation; the order was\n${before}\nand at once\n${answers}`);
    }
    states = next;
  }
  return { life, checkout, states };
}

const toText = ({ operation, answer }: Answered): string => `${JSON.stringify(operation)} → ${answer}`;

const poolOf = (pools: readonly Pool[], turn: number): Pool => pools[turn % pools.length] as Pool;

async function passDeadline(pool: Pool, orderId: string): Promise<void> {
  await pool.query(
    `UPDATE checkouts c LEFT JOIN orders o ON o.order_id = c.order_id
     SET c.expires_at = c.created_at, o.expires_at = c.created_at WHERE c.order_id = ?`,
    [orderId],
  );
}

/** An order, and whether its shop sells to late payments. */
interface Game {
  readonly checkout: Checkout;
  readonly sells: boolean;
}

async function runThread(pool: Pool, game: Game, thread: Thread): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const operation of thread) answers.push({ operation, answer: await run(pool, game, operation) });
  return answers;
}

const settlementsOf = { selling: new WeakMap<Pool, Settlements>(), refunding: new WeakMap<Pool, Settlements>() };

/** The settlements of the process that has this pool: what the lives do at the same time shares transactions. */
function settlements(pool: Pool, sells: boolean): Settlements {
  const processing = { byMs: PROCESSING_MS, mostMs: DEADLINES.latest };
  const ofPools = settlementsOf[sells ? 'selling' : 'refunding'];
  const known = ofPools.get(pool) ?? createSettlements(pool, { processing, ...(sells && { lateSales }) });
  ofPools.set(pool, known);
  return known;
}

async function run(pool: Pool, { checkout, sells }: Game, operation: Operation): Promise<string> {
  const { orderId } = checkout;
  const { settle: settleNow, receive } = settlements(pool, sells);
  const settle = async (cause: SettlementCause) => toAnswer(orderId, await settleNow(orderId, cause));
  switch (operation.do) {
    case 'record': {
      const [order] = await recordOrders(pool, [orderId]);
      if (order === undefined) throw new Error(`${orderId} was not recorded`);
      return toAnswer(orderId, { order, refund: null });
    }
    case 'store':
      return await orConflict(storeEvent(pool, eventOf(checkout, operation.webhook)));
    case 'receive':
      return await orConflict(receive(eventOf(checkout, operation.webhook)).then(({ as }) => as));
    case 'refunded':
      await markRefunded(pool, paymentIdOf(orderId, operation.payment), `refund of ${operation.payment}`);
      return 'noted';
    case 'extend': {
      const to = new Date(checkout.createdAt.getTime() + DEADLINES.moves[operation.move]);
      const asked = { to, by: 'operator' } as const;
      const result = await moveDeadline(pool, orderId, asked, DEADLINES.latest);
      return result.kind === 'ended' ? `ended ${result.status}` : result.kind;
    }
    case 'return':
      return await giveBack(pool, orderId, operation.key, operation.part);
    case 'returned':
      await sentBack(pool, refundKeyOf(orderId, operation.key), operation.as);
      return 'noted';
    case 'expire':
      return await settle({ kind: 'expired' });
    case 'cancel':
      return await settle({ kind: 'cancel', reason: operation.reason });
    case 'pay': {
      const { payment } = operation;
      return await settle({
        kind: 'payment',
        paymentId: payment === 'of-another-order' ? OTHERS_PAYMENT : paymentIdOf(orderId, payment),
      });
    }
  }
}

export const refundKeyOf = (orderId: string, key: number): string => `${orderId}:${key}`;

async function giveBack(pool: Pool, orderId: string, key: number, part: Part): Promise<string> {
  const asked = part === 'all' ? ({ all: true, restock: true } as const) : { amount: 1 };
  const result = await requestRefund(
    pool,
    askedRefund(orderId, { ...asked, idempotencyKey: refundKeyOf(orderId, key) }),
  );
  if (result.kind === 'refund') return result.replayed ? 'refund again' : 'refund';
  return result.kind === 'not-paid' ? `not-paid ${result.status}` : result.kind;
}

async function sentBack(pool: Pool, key: string, as: 'refunded' | 'failed'): Promise<void> {
  const [refund] = await rows(pool, 'SELECT refund_id AS refundId FROM order_refunds WHERE idempotency_key = ?', [key]);
  if (refund === undefined) return;
  const { refundId } = refund as { refundId: string };
  if (as === 'refunded') await markOrderRefunded(pool, refundId, `refund of ${key}`);
  else await markOrderRefundFailed(pool, { refundId, attempt: 0 }, 'refused');
}

function toAnswer(orderId: string, { order, refund }: Settlement): string {
  const number = (paymentId: string): string => paymentId.replace(`${orderId}:`, '');
  const paidBy = order.paymentId === null ? null : number(order.paymentId);
  return answerText(order.status, order.cancelReason, paidBy, refund && `${number(refund.paymentId)} ${refund.reason}`);
}

const moneys: Readonly<Record<Money, (checkout: Checkout) => { amount: number; currency: string }>> = {
  right: ({ amount, currency }) => ({ amount, currency }),
  'too-little': ({ amount, currency }) => ({ amount: amount - 1, currency }),
  'too-much': ({ amount, currency }) => ({ amount: amount + 1, currency }),
  'other-currency': ({ amount }) => ({ amount, currency: 'USD' }),
};

function eventOf(checkout: Checkout, webhook: Webhook): PaymentEvent {
  const { orderId } = checkout;
  return {
    provider: 'model',
    eventId: `${orderId}:${webhook.event}`,
    type: webhook.failed ? 'payment.failed' : webhook.processing ? 'payment.processing' : 'payment.succeeded',
    paymentId: paymentIdOf(orderId, webhook.payment),
    orderId,
    ...moneys[webhook.money](checkout),
    bodySha256: createHash('sha256').update(bytesOf(webhook)).digest(),
  };
}

async function orConflict(stored: Promise<string>): Promise<string> {
  try {
    return await stored;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'event-conflict') return 'conflict';
    throw error;
  }
}
