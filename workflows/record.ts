import { recordOrder, recordOrderLocally } from './activities.js';
import { asks } from './asks.js';
import type { OrderStanding, OrderWorkflowInput } from './contract.js';

/**
 * Records the order. A database that is away is visible: the local try is short, and the activity after it shows its
 * attempts in the Web UI.
 */
export async function record({ orderId, recordsLocally }: OrderWorkflowInput): Promise<OrderStanding> {
  const locally = recordsLocally ? await recordOrderLocally(orderId, asks).catch(() => undefined) : undefined;
  return (
    locally ?? (await recordOrder.executeWithOptions({ summary: 'write the order and its items' }, [orderId, asks]))
  );
}

/** Reads the order again: a second recording changes nothing, and returns what the database has now. */
export async function readAgain(orderId: string): Promise<OrderStanding> {
  const options = { summary: 'read the deadline, which was moved' };
  const locally = await recordOrderLocally.executeWithOptions(options, [orderId, asks]).catch(() => undefined);
  return locally ?? (await recordOrder.executeWithOptions(options, [orderId, asks]));
}
