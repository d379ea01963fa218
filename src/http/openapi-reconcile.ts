import type { OpenAPIRegistry, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { validate } from './body.js';
import { answersOf } from './openapi-parts.js';
import { extendProblems, operatorProblems, type Problems, problemOf } from './problem-examples.js';
import { unknownProvider } from './reconcile-route.js';
import { reconcileBody, reconciledAnswer } from './reconcile-schemas.js';

const PATH = '/payments/reconcile';

const { 404: _, 409: __, ...others } = extendProblems;
const problems: Problems = {
  ...others,
  422: [
    problemOf(() => validate(reconcileBody, { since: 'yesterday' })),
    unknownProvider(['standard-webhooks', 'stripe']),
  ],
};

const example = {
  providers: [
    {
      provider: 'stripe',
      listed: 212,
      ours: 211,
      found: [
        {
          paymentId: 'pi_3QxA',
          orderId: '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10',
          amount: 2500,
          currency: 'EUR',
          result: 'accepted',
        },
      ],
      different: [],
      reports: [],
    },
  ],
};

/** The route of `reconcile-route.ts`. */
export function describeReconcile(registry: OpenAPIRegistry, shared: Pick<RouteConfig, 'security' | 'tags'>): void {
  registry.registerPath({
    ...shared,
    method: 'post',
    path: PATH,
    operationId: 'reconcilePayments',
    summary: 'Find payments that no webhook has reported',
    description: `Walks all that the providers list since this time, and compares both ways. A payment that is paid there and not
stored here takes the webhook's way, and so does a refund or a dispute; a payment that the provider does not have is named, and nothing changes. The same request
again finds nothing new. The answer of a long span takes minutes: \`orders payments reconcile\` does the same.`,
    request: {
      body: {
        required: true,
        content: { 'application/json': { schema: reconcileBody, example: { since: '2026-03-01T00:00:00Z' } } },
      },
    },
    responses: {
      200: {
        description: 'All of the span is compared',
        content: { 'application/json': { schema: reconciledAnswer, example } },
      },
      ...answersOf(operatorProblems(problems), PATH),
    },
  });
}
