import { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { describeCatalogue } from './openapi-catalogue.js';
import { describeEndpoints } from './openapi-endpoints.js';
import { describeEventRoutes } from './openapi-event-routes.js';
import { describeExtend } from './openapi-extend.js';
import { answersOf, canceledBy, generate, order, orderExample, orderId } from './openapi-parts.js';
import { describeReconcile } from './openapi-reconcile.js';
import { describeRefunds } from './openapi-refunds.js';
import { describeStock } from './openapi-stock.js';
import { orderListAnswer, orderListQuery } from './order-list-route.js';
import {
  cancelProblems,
  extendProblems,
  operatorProblems,
  orderListProblems,
  orderProblems,
} from './problem-examples.js';

const description = `Operators find, read, extend, cancel and refund any order here, and change the catalogue and the stock, on a
listener of their own (\`ADMIN_HOST\`, \`ADMIN_PORT\`).
Each request carries \`ADMIN_TOKEN\` as bearer, the one for this description too.
The public listener takes no such token.`;

/** The description of the operators' listener, which serves it behind its token. */
export function operatorsDocument(version: string) {
  const registry = new OpenAPIRegistry();
  const bearer = registry.registerComponent('securitySchemes', 'operatorToken', {
    type: 'http',
    scheme: 'bearer',
    description: 'the value of ADMIN_TOKEN',
  });
  const shared = { tags: ['Operators'], security: [{ [bearer.name]: [] }], request: { params: orderId } };

  registry.registerPath({
    ...shared,
    method: 'get',
    path: '/orders',
    operationId: 'listOrders',
    summary: 'Find orders, the newest first',
    description: `The orders that fit all parameters. A page examines a bounded number of orders: where few orders fit, a
page may have fewer orders than \`limit\`, or none, and the list goes on while \`next\` is not null.`,
    request: { query: orderListQuery },
    responses: {
      200: {
        description: 'A page of orders',
        content: {
          'application/json': {
            schema: orderListAnswer,
            example: { orders: [orderExample], next: orderExample.orderId },
          },
        },
      },
      ...answersOf(operatorProblems(orderListProblems), '/orders'),
    },
  });
  registry.registerPath({
    ...shared,
    method: 'get',
    path: '/orders/{orderId}',
    operationId: 'readAnyOrder',
    summary: 'Read any order',
    responses: { 200: order('The order'), ...answersOf(operatorProblems(orderProblems), '/orders/{orderId}') },
  });
  registry.registerPath({
    ...shared,
    method: 'post',
    path: '/orders/{orderId}/cancel',
    operationId: 'cancelAnyOrder',
    summary: 'Cancel any order that is not paid',
    responses: {
      200: order('The order is canceled', canceledBy('operator-request')),
      ...answersOf(operatorProblems(cancelProblems), '/orders/{orderId}/cancel'),
    },
  });
  describeExtend(registry, {
    shared: { tags: shared.tags, security: shared.security },
    summary: 'Move the deadline of any order',
    problems: operatorProblems(extendProblems),
  });
  describeRefunds(registry, { tags: shared.tags, security: shared.security });
  describeReconcile(registry, { tags: shared.tags, security: shared.security });
  describeCatalogue(registry, shared.security);
  describeStock(registry, { security: shared.security });
  describeEndpoints(registry, shared.security);
  describeEventRoutes(registry, shared.security);
  const tags = [
    { name: 'Operators', description: "Any order, by the operators' token" },
    { name: 'Catalogue', description: 'Products: prices, and whether they are for sale' },
    { name: 'Stock', description: 'The ledger of the stock' },
    { name: 'Endpoints', description: 'Who gets the events by HTTP' },
    { name: 'Events', description: 'What other systems were sent' },
  ];
  return generate(registry, { title: 'order-bridge, for operators', version, description }, tags);
}
