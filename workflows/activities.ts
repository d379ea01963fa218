import { proxyActivities } from '@temporalio/workflow';
import type { OrderActivities } from './contract.js';

/**
 * Without a limit of attempts: a database or a provider that is down delays an order, it never loses one. Only
 * what can never succeed is given up, by the failure's type.
 */
const backoff = { initialInterval: '200 milliseconds', backoffCoefficient: 2 } as const;

/** A worker that died in one of these, or a database that is back, keeps nobody's stock for long past its deadline. */
export const { recordOrder, settleOrder } = proxyActivities<OrderActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { ...backoff, maximumInterval: '5 seconds', nonRetryableErrorTypes: ['order-unknown'] },
});

export const { refundPayment } = proxyActivities<OrderActivities>({
  startToCloseTimeout: '20 seconds',
  retry: { ...backoff, maximumInterval: '30 seconds' },
});
