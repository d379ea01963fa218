import type { OpenAPIRegistry, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { extendBody } from './extend-route.js';
import { answersOf, order, orderId } from './openapi-parts.js';
import type { Problems } from './problem-examples.js';

const PATH = '/orders/{orderId}/extend';
const expiresAt = '2026-03-05T18:00:00.000Z';

/** The route of `extend-route.ts`, on both listeners. */
export function describeExtend(
  registry: OpenAPIRegistry,
  {
    shared,
    summary,
    problems,
  }: {
    readonly shared: Pick<RouteConfig, 'security' | 'tags'>;
    readonly summary: string;
    readonly problems: Problems;
  },
): void {
  registry.registerPath({
    ...shared,
    method: 'post',
    path: PATH,
    operationId: 'extendOrder',
    summary,
    description: `Of an order that is placed and before its deadline; later or earlier. The body names a moment, so the
same request again is answered with the same order, and needs no \`Idempotency-Key\`.`,
    request: {
      params: orderId,
      body: { required: true, content: { 'application/json': { schema: extendBody, example: { expiresAt } } } },
    },
    responses: { 200: order('The order has this deadline', { expiresAt }), ...answersOf(problems, PATH) },
  });
}
