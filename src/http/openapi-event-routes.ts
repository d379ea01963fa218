import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { validate } from './body.js';
import { ENDPOINT_ID } from './endpoint-example.js';
import { endpointProblems } from './endpoint-problems.js';
import { replayRefusal } from './event-routes.js';
import { eventListAnswer, eventListQuery, replayAnswer, replayBody } from './event-schemas.js';
import { answersOf, orderExample } from './openapi-parts.js';
import { operatorProblems, problemOf } from './problem-examples.js';
import { validateQuery } from './query.js';
import type { z } from './zod.js';

const EVENT_ID = '01a2f0de-a3c0-7f64-8b2d-6a1f0e3c5d10';
const event = {
  eventId: EVENT_ID,
  type: 'order.paid',
  subject: orderExample.orderId,
  sequence: 2,
  occurredAt: '2026-03-01T10:04:12.000Z',
  deliveredAt: '2026-03-01T10:04:12.480Z',
  delivery: { state: 'waiting', attempts: 3, lastFailure: 'answered 502' },
  position: 90_412,
};

const { 404: _, 422: __, ...withBody } = endpointProblems.pause;
const problems = {
  list: {
    ...endpointProblems.list,
    422: [problemOf(() => validateQuery(eventListQuery, { originalUrl: '/events?type=order.sent&limit=0' }))],
  },
  replay: {
    ...withBody,
    422: [
      problemOf(() => validate(replayBody, {})),
      replayRefusal({ kind: 'unknown-endpoint', endpointId: ENDPOINT_ID }),
      replayRefusal({ kind: 'unknown-events', ids: [EVENT_ID] }),
    ],
  },
};

const json = (schema: z.ZodType, shown: object) => ({ 'application/json': { schema, example: shown } });

/** The routes of `event-routes.ts`. @param security the operators' token */
export function describeEventRoutes(registry: OpenAPIRegistry, security: Record<string, string[]>[]): void {
  const shared = { tags: ['Events'], security };
  registry.registerPath({
    ...shared,
    method: 'get',
    path: '/events',
    operationId: 'listEvents',
    summary: 'What other systems were sent, the newest first',
    description: `The events that fit all parameters. A page examines a bounded number of events: where few fit, a page may
have fewer events than \`limit\`, or none, and the list goes on while \`next\` is not null.`,
    request: { query: eventListQuery },
    responses: {
      200: {
        description: 'A page of events',
        content: json(eventListAnswer, { events: [event], next: event.position }),
      },
      ...answersOf(operatorProblems(problems.list), '/events'),
    },
  });
  registry.registerPath({
    ...shared,
    method: 'post',
    path: '/events/replay',
    operationId: 'replayEvents',
    summary: 'Send events again, under their ids',
    description: `Either \`ids\`, or a selection. A bridge sends them, the oldest first; what waits already stays as it is. A
selection leaves out the types that the endpoint does not get. One request sends at most
10,000 events, and examines at most 100,000: while \`next\` is not null, the same body with \`after\` sends the rest.
\`orders events replay\` sends all of them.`,
    request: {
      body: {
        required: true,
        content: json(replayBody, { undelivered: true, since: '2026-03-01T00:00:00Z', endpoint: ENDPOINT_ID }),
      },
    },
    responses: {
      200: {
        description: 'The events wait to be sent',
        content: json(replayAnswer, { dryRun: false, replayed: 212, to: ENDPOINT_ID, next: null }),
      },
      ...answersOf(operatorProblems(problems.replay), '/events/replay'),
    },
  });
}
