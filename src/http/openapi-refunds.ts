import type { OpenAPIRegistry, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { answersOf, orderExample, orderId } from './openapi-parts.js';
import { operatorProblems } from './problem-examples.js';
import { refundProblems } from './refund-problems.js';
import { refundAnswer, refundBody } from './refund-schemas.js';
import { idempotencyKey } from './schemas.js';

const PATH = '/orders/{orderId}/refunds';
const lines = [{ sku: 'mug-red', quantity: 1 }];

const example = {
  refundId: '01a2f0de-9a10-7bb1-8f3e-3d0f5a7c2b11',
  orderId: orderExample.orderId,
  paymentId: 'pay_01a21bd1',
  amount: 1250,
  currency: 'EUR',
  state: 'required',
  lines,
  restock: true,
  reason: 'broken on arrival',
  by: 'ada',
  at: '2026-03-04T10:00:00.000Z',
  refundedAt: null,
  providerRefundId: null,
  refundedAmount: null,
  failure: null,
  attempt: 0,
};

const body = {
  schema: refundBody,
  examples: {
    amount: { summary: 'an amount', value: { amount: 500, reason: 'scratched' } },
    lines: { summary: 'lines, which go back to the shelf', value: { lines, restock: true } },
    'lines at an amount': { summary: 'lines at less than their price', value: { lines, amount: 1000, restock: true } },
    all: { summary: 'all that is left', value: { all: true, restock: false } },
  },
};

/** The route of `refund-route.ts`. */
export function describeRefunds(registry: OpenAPIRegistry, shared: Pick<RouteConfig, 'security' | 'tags'>): void {
  registry.registerPath({
    ...shared,
    method: 'post',
    path: PATH,
    operationId: 'refundOrder',
    summary: 'Refund or return a paid order, or a part of it',
    description: `Money goes back by the provider of the order's payment: the answer comes before that, and \`state\` of the
order's \`refunds\` says what became of it. In sum never more goes back than was paid, and never more units of a line than
were bought. The same key and body again: the same refund, and nothing changes.`,
    request: {
      params: orderId,
      headers: z.object({ 'Idempotency-Key': idempotencyKey }),
      body: { required: true, content: { 'application/json': body } },
    },
    responses: {
      201: {
        description: 'The refund',
        headers: z.object({ 'Idempotent-Replayed': z.string().optional().openapi({ example: 'true' }) }),
        content: { 'application/json': { schema: refundAnswer, example } },
      },
      ...answersOf(operatorProblems(refundProblems), PATH),
    },
  });
}
