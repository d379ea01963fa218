import { LATE_PAYMENT_WORKFLOW, orderWorkflowId } from '../../workflows/contract.js';

/** Links in Markdown between the pages of Temporal's Web UI, relative to the address of the Web UI. */

const page = (namespace: string, rest: string): string =>
  `/namespaces/${encodeURIComponent(namespace)}/workflows${rest}`;

export const linkToOrder = (namespace: string, orderId: string): string =>
  `[order \`${orderId}\`](${page(namespace, `/${encodeURIComponent(orderWorkflowId(orderId))}`)})`;

/** A link to a search: the workflow of an ended order cannot name a payment that arrives later. */
export function linkToLatePayments(namespace: string, userId: number): string {
  const query = `WorkflowType = "${LATE_PAYMENT_WORKFLOW}" AND OrderUserId = ${userId}`;
  return `[Late payments of this user](${page(namespace, `?query=${encodeURIComponent(query)}`)})`;
}
