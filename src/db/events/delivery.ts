import type { DeliverEvents } from '../../domain/event.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction, type Transaction } from '../driver/transaction.js';
import { hasEndpoints } from './fan-out.js';
import { shopEventsOf } from './shop-events.js';
import { claim, inTurn, oldestOf, type Stage } from './undelivered.js';

/** The others of the oldest are left to other bridges. */
const CLAIMED_AT_ONCE = 300;

/**
 * Delivers some of the oldest undelivered events, and marks those that were confirmed. Several processes may do so at
 * once: the locks of the rows last until the mark is committed, and the events that another process has locked are left
 * to it. A process that dies in the middle loses its locks, and the events are delivered again.
 *
 * The events of an order get their positions under the lock of the order, and so do those of a SKU. Where an event is
 * visible, each earlier one of its subject is too. The oldest undelivered events therefore have, for each event among
 * them, all that must be delivered before it: an event is delivered only where this process has locked all of these.
 *
 * Where there are endpoints, an event is new until `fanOut` has given it to them, and is left to `fanOut` until then.
 *
 * @returns how many were delivered
 * @throws {DomainError} `dependency-unavailable`
 */
export async function deliverOldest(pool: Pool, deliver: DeliverEvents): Promise<number> {
  const oldest = await oldestOf(pool, ['for-broker', 'new']);
  if (oldest.length === 0) return 0;
  // No lock on what `fanOut` needs: the broker may hold its confirms back for seconds.
  const stages: readonly Stage[] = (await hasEndpoints(pool)) ? ['for-broker'] : ['for-broker', 'new'];
  return await inTransaction(pool, async (transaction) => {
    const locked = await claim(transaction, oldest, { stages, atOnce: CLAIMED_AT_ONCE });
    // Read behind the locks: an endpoint that was added before an event was written is seen here.
    const isForEndpoints = locked.some(({ is_new }) => is_new === 1) && (await hasEndpoints(transaction));
    const claimed = isForEndpoints
      ? inTurn(
          oldest,
          locked.filter(({ is_new }) => is_new === 0),
        )
      : locked;
    const events = await shopEventsOf(transaction, claimed);
    const confirmed = await deliver([...Map.groupBy(events, ({ subject }) => subject).values()]);
    const delivered = claimed.filter(({ event_id: id }) => confirmed.has(id));
    await markDelivered(transaction, delivered);
    return delivered.length;
  });
}

async function markDelivered(transaction: Transaction, rows: readonly { readonly position: number }[]): Promise<void> {
  if (rows.length === 0) return;
  await transaction.query(
    'UPDATE events FORCE INDEX (PRIMARY) SET delivered_at = UTC_TIMESTAMP(3) WHERE position IN (?)',
    [rows.map(({ position }) => position)],
  );
}
