import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { EVENT_TYPES } from '../domain/event.js';
import { eventSummaries } from '../schemas/event-data.js';
import { testBody, webhookBodies, webhookHeaders } from '../schemas/event-envelopes.js';
import type { z } from './zod.js';

const description = `Signed as [Standard Webhooks](https://www.standardwebhooks.com). An event comes at least once: each try has
the same \`webhook-id\` and body. The events of an order come in their order. Fields and types may come: ignore what is not
known.`;

const responses = {
  '2XX': { description: 'The event is taken' },
  410: { description: 'No event is wanted any more: the endpoint is paused' },
  default: { description: 'The event is not taken, and comes again after a pause' },
};

/** The requests that endpoints get. */
export function describeEvents(registry: OpenAPIRegistry): void {
  const bodies: readonly (readonly [string, string, z.ZodType])[] = [
    ...EVENT_TYPES.map((type) => [type, eventSummaries[type], webhookBodies[type]] as const),
    ['endpoint.test', 'An operator tries the endpoint; no event', testBody],
  ];
  for (const [type, summary, schema] of bodies) {
    registry.registerWebhook({
      tags: ['Events'],
      method: 'post',
      path: type,
      operationId: `event-${type}`,
      summary,
      description,
      request: { headers: webhookHeaders, body: { required: true, content: { 'application/json': { schema } } } },
      responses,
    });
  }
}
