import { log } from '@temporalio/workflow';
import { closePayments } from './activities.js';
import type { OrderStanding } from './contract.js';

/**
 * Closes the payments that were begun for the order, before the end of its window frees the stock. A provider that does not
 * answer delays the end by a bounded time, which the database has set: the order then ends without.
 *
 * No patch: the settlement says that payments are to be closed only where this version has asked (`Asks`). A patch
 * would be a marker in the history of each order that expires, or would follow a local activity, and such a marker does
 * not always replay.
 */
export async function closePaymentsOf({ orderId, expiresInMs }: OrderStanding): Promise<void> {
  const options = { summary: 'close the payment at its provider', scheduleToCloseTimeout: Math.max(1, expiresInMs) };
  await closePayments.executeWithOptions(options, [orderId]).catch((error: unknown) => {
    log.warn('the payments of the order are not closed in this try', { orderId, error });
  });
}
