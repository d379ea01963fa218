import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { readiness } from './schemas.js';

const up = { mysql: { status: 'up' }, rabbitmq: { status: 'up' }, temporal: { status: 'up' } };
const down = { status: 'down', reason: 'no answer within 2000 ms' };

const ready = (description: string, example: object) => ({
  description,
  content: { 'application/json': { schema: readiness, example: { stopping: false, ...example } } },
});

/** The routes of `health.ts`. They ask for no token, and are for the platform, not for the internet. */
export function describeHealth(registry: OpenAPIRegistry): void {
  const tags = ['Health'];
  registry.registerPath({
    tags,
    method: 'get',
    path: '/livez',
    operationId: 'isAlive',
    summary: 'Whether the process runs',
    responses: {
      200: {
        description: 'The process runs',
        content: { 'application/json': { schema: z.object({ status: z.literal('ok') }) } },
      },
    },
  });
  registry.registerPath({
    tags,
    method: 'get',
    path: '/readyz',
    operationId: 'isReady',
    summary: 'Whether traffic should come here, and how each dependency is',
    responses: {
      200: ready('Traffic may come; `degraded` where a dependency is down that traffic can do without', {
        status: 'degraded',
        dependencies: { ...up, rabbitmq: down },
      }),
      503: ready('Traffic should stay away: the process stops, or MySQL is away', {
        status: 'unavailable',
        dependencies: { ...up, mysql: down },
      }),
    },
  });
  registry.registerPath({
    tags,
    method: 'get',
    path: '/metrics',
    operationId: 'readMetrics',
    summary: 'The figures of this process, for Prometheus',
    responses: {
      200: {
        description: "Prometheus' text format",
        content: {
          'text/plain': { schema: z.string(), example: 'orders_checkouts_total{result="reserved",process="api"} 12\n' },
        },
      },
    },
  });
}
