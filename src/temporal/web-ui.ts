import { LATE_PAYMENT_WORKFLOW, orderWorkflowId } from '../../workflows/contract.js';

/** Links in Markdown between the pages of Temporal's Web UI, relative to the address of the Web UI. */

const page = (namespace: string, rest: string): string =>
  `/namespaces/${encodeURIComponent(namespace)}/workflows${rest}`;

export const linkToOrder = (namespace: string, orderId: string): string =>
  `[order \`${orderId}\`](${page(namespace, `/${encodeURIComponent(orderWorkflowId(orderId))}`)})`;

/** A bracket or a quote ends a link of Markdown, and `encodeURIComponent` leaves them. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** A link to a search: the workflow of an ended order cannot name a payment that arrives later. */
export function linkToLatePayments(namespace: string, customer: number | string): string {
  const quoted = String(customer).replaceAll(/["\\]/g, String.raw`\$&`);
  const query = `WorkflowType = "${LATE_PAYMENT_WORKFLOW}" AND OrderCustomer = "${quoted}"`;
  return `[Late payments of this customer](${page(namespace, `?query=${encoded(query)}`)})`;
}
