import { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { WebhookReader } from '../domain/payment.js';
import { describeBegin } from './openapi-begin.js';
import { describeEvents } from './openapi-events.js';
import { describeExtend } from './openapi-extend.js';
import { describeHealth } from './openapi-health.js';
import { answersOf, canceledBy, generate, order, orderId, placedExample } from './openapi-parts.js';
import { describeProducts } from './openapi-products.js';
import {
  cancelProblems,
  checkoutProblems,
  orderProblems,
  ownExtendProblems,
  webhookProblems,
} from './problem-examples.js';
import { checkoutBody, idempotencyKey, placedOrder } from './schemas.js';

const description = `From "Buy" to "Paid": the shop's backend calls \`POST /checkout\`, a payment provider sends webhooks.

- Money is an integer of minor units (\`2500\` is 25.00 EUR) with an ISO 4217 code.
- Errors are \`application/problem+json\` (RFC 9457). Programs compare \`type\`; \`detail\` is for people.
- \`requestId\` is in the header \`X-Request-Id\` and in the log; a request may bring its own.`;

const tags = [
  { name: 'Checkout', description: "Reserve stock and place an order: for the shop's backend" },
  { name: 'Products', description: 'Price and stock, for the pages of a shop' },
  { name: 'Orders', description: 'Read, pay and cancel an order, by the read token of its checkout' },
  { name: 'Webhooks', description: 'For payment providers, which sign each request' },
  { name: 'Events', description: 'What happens, sent to the endpoints that an operator has added' },
  { name: 'Health', description: 'For the platform: probes and metrics' },
];

/** The description of the public listener, from the schemas that validate and the problems that are answered. */
export function openApiDocument({
  webhooks,
  version,
}: {
  readonly webhooks: readonly WebhookReader[];
  readonly version: string;
}) {
  const registry = new OpenAPIRegistry();
  const shop = describeCheckout(registry);
  describeProducts(registry);
  describeOrders(registry);
  describeExtend(registry, {
    shared: { tags: ['Orders'], security: [{ [shop]: [] }] },
    summary: 'Move the deadline of an order',
    problems: ownExtendProblems,
  });
  for (const reader of webhooks) describeWebhook(registry, reader);
  describeHealth(registry);
  describeEvents(registry);
  return generate(registry, { title: 'order-bridge', version, description }, tags);
}

/** @returns the name of the security scheme of the shop's backend */
function describeCheckout(registry: OpenAPIRegistry): string {
  const bearer = registry.registerComponent('securitySchemes', 'checkoutToken', {
    type: 'http',
    scheme: 'bearer',
    description: "the shop's backend: one of the tokens in `CHECKOUT_TOKEN`",
  });
  registry.registerPath({
    tags: ['Checkout'],
    // An empty object: a shop may let callers without a token buy.
    security: [{ [bearer.name]: [] }, {}],
    method: 'post',
    path: '/checkout',
    operationId: 'checkout',
    summary: 'Reserve stock and place an order',
    description: `Prices come from the catalogue; the shop's own backend may agree on another \`unitPrice\`, and add
\`adjustments\` to the amount. An order that costs nothing is answered with the status \`paid\`. The same key and body again are answered with the same order and its
status now, so that a request that was not answered may be sent again. A token is optional where the shop runs with
\`CHECKOUT_OPEN=true\`, or in development without \`CHECKOUT_TOKEN\`; a wrong token is refused everywhere.`,
    request: {
      headers: z.object({ 'Idempotency-Key': idempotencyKey }),
      body: { required: true, content: { 'application/json': { schema: checkoutBody } } },
    },
    responses: {
      201: {
        description: 'The reservation is durable',
        headers: z.object({
          Location: z.string().openapi({ example: placedExample.links.order }),
          'Idempotent-Replayed': z.literal('true').optional().openapi({ description: 'the key was used before' }),
        }),
        content: { 'application/json': { schema: placedOrder, example: placedExample } },
      },
      ...answersOf(checkoutProblems, '/checkout'),
    },
  });
  return bearer.name;
}

function describeOrders(registry: OpenAPIRegistry): void {
  const bearer = registry.registerComponent('securitySchemes', 'readToken', {
    type: 'http',
    scheme: 'bearer',
    description: "`readToken` in the answer to the order's checkout",
  });
  const shared = { tags: ['Orders'], security: [{ [bearer.name]: [] }], request: { params: orderId } };
  registry.registerPath({
    ...shared,
    method: 'get',
    path: '/orders/{orderId}',
    operationId: 'readOrder',
    summary: 'Read an order',
    description: 'A wrong token is answered like an unknown order.',
    responses: { 200: order('The order'), ...answersOf(orderProblems, '/orders/{orderId}') },
  });
  registry.registerPath({
    ...shared,
    method: 'post',
    path: '/orders/{orderId}/cancel',
    operationId: 'cancelOrder',
    summary: 'Cancel an order that is not paid',
    description: 'A cancel of an order that is canceled already is answered 200 as well.',
    responses: {
      200: order('The order is canceled', canceledBy('customer-request')),
      ...answersOf(cancelProblems, '/orders/{orderId}/cancel'),
    },
  });
  describeBegin(registry, { tags: shared.tags, security: shared.security });
}

function describeWebhook(registry: OpenAPIRegistry, { path, name, expects }: WebhookReader): void {
  const { summary, about, headers, body, examples, refusesInvalid } = expects;
  registry.registerPath({
    tags: ['Webhooks'],
    method: 'post',
    path,
    operationId: `webhook-${name}`,
    summary,
    description: `2xx once the event is stored, and never before. An event of another type is answered 204 and ignored.
Each header comes once; the signature is over the raw body. ${about}`,
    request: {
      headers: z.object(Object.fromEntries(headers.map((header) => [header, z.string()]))),
      body: {
        required: true,
        content: {
          'application/json': {
            schema: body,
            examples: Object.fromEntries(Object.entries(examples).map(([key, value]) => [key, { value }])),
          },
        },
      },
    },
    responses: {
      204: { description: 'The event is stored, or ignored' },
      ...answersOf(webhookProblems(refusesInvalid), path),
    },
  });
}
