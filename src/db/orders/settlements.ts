import type { RowDataPacket } from 'mysql2/promise';
import type { ProcessingExtension } from '../../domain/deadline.js';
import { DomainError } from '../../domain/errors.js';
import type { LateSales } from '../../domain/late-sale.js';
import type { PaymentEvent, StoredEvent, UnplacedPayments } from '../../domain/payment.js';
import type { SettlementCause } from '../../domain/settlement.js';
import { lockedAmong } from '../checkouts/stock.js';
import { isLockWait, isSilence, translated } from '../driver/connection-errors.js';
import { createGroupCommit } from '../driver/group-commit.js';
import type { Pool } from '../driver/pool.js';
import { storeEvent } from '../payments/payments.js';
import { type Arrival, type Outcome, orderIdOf, settleArrivals } from './arrivals.js';
import { lockedOrders } from './locked-orders.js';
import { orderUnknown } from './orders.js';
import type { Settlement } from './settlement.js';

export type SettleOrder = (orderId: string, cause: SettlementCause) => Promise<Settlement>;

export interface Settlements {
  /** @throws {DomainError} `order-unknown`, `overloaded`, `dependency-unavailable` */
  readonly settle: SettleOrder;
  /**
   * Stores a verified event, and settles the order of its payment in the same transaction. The event is stored alone
   * when the order cannot be settled now, for example while another transaction holds the stock of the order. The
   * payments sweep of the bridge then settles the payment.
   *
   * @throws {DomainError} `event-conflict`, `overloaded`, `dependency-unavailable`
   */
  readonly receive: (event: PaymentEvent) => Promise<StoredEvent>;
  readonly idle: () => Promise<void>;
}

type Answers = Map<Arrival, Outcome>;

/**
 * Causes and events that come at the same time run in one transaction. What fails is rejected alone, and the others go
 * on. After a lock wait, orders of the locked SKUs are rejected at once until the lock is free: their callers retry
 * them, and the orders of other SKUs do not wait.
 *
 * @param options.unplaced what happens to a payment for an order that no checkout has
 * @param options.processing how far a payment that is being processed moves a deadline; not at all if not given
 * @param options.lateSales whether a late payment buys what its order wanted; else the money goes back
 * @param options.reportDue false in the worker, whose workflows get the answer of the settlement itself
 */
export function createSettlements(
  pool: Pool,
  {
    unplaced = 'keep',
    reportDue = true,
    processing,
    lateSales,
  }: {
    readonly unplaced?: UnplacedPayments;
    readonly reportDue?: boolean;
    readonly processing?: ProcessingExtension;
    readonly lateSales?: LateSales | undefined;
  } = {},
): Settlements {
  const options = { unplaced, reportDue, processing, lateSales, lockWaits: 1 };
  let held: ReadonlySet<string> = new Set();
  let lockWait: unknown;

  async function run(arrivals: readonly Arrival[]): Promise<(Outcome | Promise<Outcome>)[]> {
    const blocked = held.size === 0 ? held : await wantingHeld(arrivals);
    const free = arrivals.filter((arrival) => !blocked.has(orderIdOf(arrival)));
    const answers: Answers = free.length === 0 ? new Map() : await settleFree(free);
    return arrivals.map((arrival) => answers.get(arrival) ?? unsettled(arrival));
  }

  async function settleFree(arrivals: readonly Arrival[]): Promise<Answers> {
    try {
      const outcomes = await settleArrivals(pool, arrivals, options);
      return new Map(arrivals.map((arrival, index) => [arrival, outcomes[index] ?? {}]));
    } catch (error) {
      if (isLockWait(error)) return await settleUnlocked(arrivals, error);
      if (arrivals.length > 1) throw apart(error);
      // An order that cannot be settled, such as after a change by hand, must not lose its payment. The payments sweep
      // settles the payment again, and logs why that fails.
      if (arrivals.some((arrival) => 'event' in arrival) && !(error instanceof DomainError)) return new Map();
      throw error;
    }
  }

  /** After a lock wait: settles the arrivals that another transaction does not hold up. */
  async function settleUnlocked(arrivals: readonly Arrival[], error: unknown): Promise<Answers> {
    lockWait = error;
    const heldUp = await findHeldUp(arrivals);
    const free = arrivals.filter((arrival) => !heldUp.has(orderIdOf(arrival)));
    // The lock is on a payment: halves of the group find out which.
    if (free.length === arrivals.length) throw arrivals.length > 1 ? new Error('lock wait', { cause: error }) : error;
    return free.length === 0 ? new Map() : await settleFree(free);
  }

  /** The orders among these that are locked themselves, or want stock that is locked. Remembers the locked stock. */
  async function findHeldUp(arrivals: readonly Arrival[]): Promise<ReadonlySet<string>> {
    const lines = await linesOf(pool, arrivals);
    held = await lockedAmong(pool, [...new Set(lines.map(({ sku }) => sku))]);
    const wanting = lines.filter(({ sku }) => held.has(sku)).map(({ orderId }) => orderId);
    return new Set([...wanting, ...(await lockedOrders(pool, arrivals.map(orderIdOf)))]);
  }

  /** The orders among these that want stock which is still locked. Forgets the stock that is free again. */
  async function wantingHeld(arrivals: readonly Arrival[]): Promise<ReadonlySet<string>> {
    held = await lockedAmong(pool, [...held]);
    if (held.size === 0) return held;
    const lines = await linesOf(pool, arrivals);
    return new Set(lines.filter(({ sku }) => held.has(sku)).map(({ orderId }) => orderId));
  }

  async function unsettled(arrival: Arrival): Promise<Outcome> {
    if (!('event' in arrival)) throw lockWait;
    // A deadline moves without stock, and no sweep would move it later: else the provider has to send the event again.
    if (arrival.event.type === 'payment.processing') return (await settleArrivals(pool, [arrival], options))[0] ?? {};
    return { stored: { as: await storeEvent(pool, arrival.event, unplaced) } };
  }

  // One transaction at a time: two would wait for each other's stock.
  const group = createGroupCommit(run, { largest: 200, atOnce: 1, waiting: 5_000, endsAll: isSilence });
  return {
    async settle(orderId, cause) {
      const { settlement } = await group({ orderId, cause });
      if (settlement === undefined) throw orderUnknown(orderId);
      return settlement;
    },
    async receive(event) {
      const { stored } = await group({ event });
      if (stored === undefined) throw new Error(`event ${event.eventId} was neither stored nor refused`);
      return stored;
    },
    idle: group.idle,
  };
}

/** The group runs in halves after any error but a domain error. The conflict of one event is no error of the others. */
const apart = (error: unknown): unknown =>
  error instanceof DomainError && error.code === 'event-conflict'
    ? new Error('an event conflicts', { cause: error })
    : error;

async function linesOf(
  pool: Pool,
  arrivals: readonly Arrival[],
): Promise<{ readonly orderId: string; readonly sku: string }[]> {
  try {
    const [lines] = await pool.query<(RowDataPacket & { orderId: string; sku: string })[]>(
      `SELECT c.order_id AS orderId, line.sku
       FROM checkouts c, JSON_TABLE(c.items, '$[*]' COLUMNS (
         sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku')) line
       WHERE c.order_id IN (?)`,
      [arrivals.map(orderIdOf)],
    );
    return lines;
  } catch (error) {
    throw translated(error);
  }
}
