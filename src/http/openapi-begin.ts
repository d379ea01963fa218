import type { OpenAPIRegistry, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { beginProblems } from './begin-problems.js';
import { beginBody, begunAnswer } from './begin-schemas.js';
import { answersOf, orderExample, orderId } from './openapi-parts.js';
import { z } from './zod.js';

const PATH = '/orders/{orderId}/payments';

const { orderId: id, amount, currency, expiresAt } = orderExample;
const example = {
  ...{ orderId: id, provider: 'stripe', paymentId: 'pi_3QxA', as: 'client-secret', amount, currency, expiresAt },
  clientSecret: 'pi_3QxA_secret_4fGb',
};

const body = {
  schema: beginBody,
  examples: {
    'by default': { summary: 'at the first provider, in its usual way', value: {} },
    page: {
      summary: 'on a page of Stripe',
      value: { provider: 'stripe', as: 'page', returnUrl: 'https://shop.example.com/thanks' },
    },
  },
};

/** The route of `begin-route.ts`. */
export function describeBegin(registry: OpenAPIRegistry, shared: Pick<RouteConfig, 'security' | 'tags'>): void {
  registry.registerPath({
    ...shared,
    method: 'post',
    path: PATH,
    operationId: 'beginPayment',
    summary: 'Begin a payment of the order at a provider',
    description: `Amount and currency are the order's. The same request again is answered with the same payment, as long
as it can be paid. At the deadline, and when the order ends, the payment is closed at the provider.`,
    request: { params: orderId, body: { required: false, content: { 'application/json': body } } },
    responses: {
      201: {
        description: 'The payment can be paid',
        headers: z.object({ 'Idempotent-Replayed': z.string().optional().openapi({ example: 'true' }) }),
        content: { 'application/json': { schema: begunAnswer, example } },
      },
      ...answersOf(beginProblems, PATH),
    },
  });
}
