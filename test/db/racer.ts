import { createPool } from '../../src/db/driver/pool.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { storeEvent } from '../../src/db/payments/payments.js';
import { messageOf } from '../../src/domain/errors.js';
import type { SettlementCause } from '../../src/domain/settlement.js';
import { longLimits } from '../helpers/retried.js';
import { paymentEvent } from './payment-events.js';

/** A process that settles the order of each message. A payment is stored first, as its webhook does. */

export interface Race {
  readonly orderId: string;
  readonly cause: SettlementCause;
  /** The number of round trips to the database before the settlement: the other process begins earlier by this time. */
  readonly delayTrips: number;
}

export interface Finish {
  readonly orderId: string;
  readonly status: string;
}

const [, , url = '', size = '1'] = process.argv;
const pool = createPool({ url, size: Number(size), ...longLimits });
await Promise.all(Array.from({ length: Number(size) }, () => pool.query('SELECT 1')));

async function settle({ orderId, cause, delayTrips }: Race): Promise<string> {
  for (let trip = 0; trip < delayTrips; trip++) await pool.query('SELECT 1');
  if (cause.kind === 'payment') await storeEvent(pool, paymentEvent({ orderId, paymentId: cause.paymentId }));
  return (await settleOrder(pool, orderId, cause)).order.status;
}

process.on('message', async (race: Race) => {
  const status = await settle(race).catch(messageOf);
  if (process.connected) process.send?.({ orderId: race.orderId, status } satisfies Finish);
});
process.once('disconnect', () => void pool.end());
process.send?.({ orderId: '', status: 'ready' } satisfies Finish);
