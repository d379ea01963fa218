import { LATE_PAYMENT_WORKFLOW, orderWorkflowId } from '../../workflows/contract.js';

/** Links in Markdown for Temporal's Web UI, from one page of it to another: each is relative to its address. */

const page = (namespace: string, rest: string): string =>
  `/namespaces/${encodeURIComponent(namespace)}/workflows${rest}`;

export const linkToOrder = (namespace: string, orderId: string): string =>
  `[order \`${orderId}\`](${page(namespace, `/${encodeURIComponent(orderWorkflowId(orderId))}`)})`;

/** The workflow of an order that has ended cannot name what comes later: a search finds it. */
export function linkToLatePayments(namespace: string, userId: number): string {
  const query = `WorkflowType = "${LATE_PAYMENT_WORKFLOW}" AND OrderUserId = ${userId}`;
  return `[Late payments of this user](${page(namespace, `?query=${encodeURIComponent(query)}`)})`;
}
