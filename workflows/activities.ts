import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { OrderActivities } from './contract.js';

/**
 * The retries have no limit of attempts: a database or a provider that is down delays an order, and loses none. Only a
 * failure whose type can never succeed ends the retries.
 */
const backoff = { initialInterval: '200 milliseconds', backoffCoefficient: 2 } as const;

/**
 * Both limits are short: after a worker's death or a database's outage, no stock stays held for long past a deadline.
 */
export const { recordOrder, settleOrder, remindOfDeadline } = proxyActivities<OrderActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { ...backoff, maximumInterval: '5 seconds', nonRetryableErrorTypes: ['order-unknown'] },
});

/**
 * Within the workflow's task: a marker in the history instead of three events and a task of their own. One attempt,
 * since a local activity that retries is not visible in the Web UI and holds the task.
 */
export const { recordOrder: recordOrderLocally, settleOrder: settleOrderLocally } =
  proxyLocalActivities<OrderActivities>({
    startToCloseTimeout: '2 seconds',
    retry: { maximumAttempts: 1 },
  });

/** The database ends the order when the time is over, so the workflow limits all attempts together by this time. */
export const { closePayments } = proxyActivities<OrderActivities>({
  startToCloseTimeout: '20 seconds',
  retry: { ...backoff, maximumInterval: '1 second' },
});

/** Longer than the 10 seconds in which a provider has to answer (src/payments). */
export const { refundPayment, refundOrder, capturePayment } = proxyActivities<OrderActivities>({
  startToCloseTimeout: '20 seconds',
  retry: { ...backoff, maximumInterval: '30 seconds' },
});
