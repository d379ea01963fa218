import { proxyActivities } from '@temporalio/workflow';
import type { OrderActivities } from './contract.js';

/**
 * Without a limit of attempts: a database or a provider that is down delays an order, it never loses one. Only
 * what can never succeed is given up, by the failure's type.
 */
export const { recordOrder, settleOrder, refundPayment } = proxyActivities<OrderActivities>({
  startToCloseTimeout: '20 seconds',
  retry: {
    initialInterval: '200 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    nonRetryableErrorTypes: ['order-unknown'],
  },
});
