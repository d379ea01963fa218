import { patched } from '@temporalio/workflow';
import { closePayments } from './activities.js';
import type { OrderStanding } from './contract.js';

/**
 * Closes the payments that were begun for the order, before the end of its window frees the stock. A provider that does not
 * answer delays the end by a bounded time, which the database has set: the order then ends without.
 *
 * @returns false in a run that met its first such deadline under an earlier version: the run waits for the end
 */
export async function closePaymentsOf({ orderId, expiresInMs }: OrderStanding): Promise<boolean> {
  if (!patched('close-payments')) return false;
  const options = { summary: 'close the payment at its provider', scheduleToCloseTimeout: Math.max(1, expiresInMs) };
  await closePayments.executeWithOptions(options, [orderId]).catch(() => undefined);
  return true;
}
