import type { Pool } from '../../src/db/driver/pool.js';
import { deliverOldest } from '../../src/db/events/delivery.js';
import type { DeliverEvents, ShopEvent } from '../../src/domain/event.js';
import { rows } from './database.js';

/** The types of an order's events, in their order, with their numbers. */
export const eventsOf = async (pool: Pool, orderId: string): Promise<string[]> =>
  (await rows(pool, 'SELECT sequence, type FROM events WHERE order_id = ? ORDER BY position', [orderId])).map(
    ({ sequence, type }) => `${sequence} ${type}`,
  );

/** Confirms each event, and keeps it. */
export function createReceiver(): { readonly received: ShopEvent[]; readonly deliver: DeliverEvents } {
  const received: ShopEvent[] = [];
  return {
    received,
    deliver: async (bySubject) => {
      received.push(...bySubject.flat());
      return new Set(bySubject.flat().map(({ eventId }) => eventId));
    },
  };
}

/** All events that were not delivered yet, as their receivers get them: read from their JSON. */
export async function deliverAll(pool: Pool): Promise<(Omit<ShopEvent, 'data'> & { data: Record<string, unknown> })[]> {
  const { received, deliver } = createReceiver();
  while ((await deliverOldest(pool, deliver)) > 0);
  return received.map((event) => ({ ...event, data: JSON.parse(JSON.stringify(event.data)) }));
}
