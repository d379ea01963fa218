import { z } from 'zod';
import { EVENT_TYPES, type EventType } from '../domain/event.js';
import { eventData } from './event-data.js';

/** An event as receivers get it: by RabbitMQ a CloudEvent, by HTTP the body of a webhook. */

/** Names this software, as a reference relative to the receiver's broker. */
export const SOURCE = '/order-bridge';

const shared = {
  id: z.string().min(1).meta({ description: 'the same in each copy of the event' }),
  subject: z.string().min(1).meta({ description: "the order's id; the SKU; the id of a payment without an order" }),
};
const happened = z.iso.datetime().meta({ description: 'when it happened' });

/** A CloudEvent 1.0 in its structured mode. */
const cloudEventOf = <Type extends EventType>(type: Type) =>
  z.object({
    specversion: z.literal('1.0'),
    ...shared,
    source: z.literal(SOURCE),
    type: z.literal(type),
    time: happened,
    datacontenttype: z.literal('application/json'),
    sequence: z
      .string()
      .regex(/^\d{10,}$/)
      .optional()
      .meta({ description: 'counts the events of an order from 1, as a text that sorts like the number' }),
    data: eventData[type],
  });

const webhookOf = <Type extends EventType>(type: Type) =>
  z.object({
    ...shared,
    type: z.literal(type),
    timestamp: happened,
    sequence: z
      .int()
      .positive()
      .nullable()
      .meta({ description: 'counts the events of an order from 1; null for stock and for a payment without an order' }),
    data: eventData[type],
  });

const ofEach = <Schema>(schemaOf: (type: EventType) => Schema) =>
  Object.fromEntries(EVENT_TYPES.map((type) => [type, schemaOf(type)])) as Record<EventType, Schema>;

export const cloudEvents = ofEach(cloudEventOf);
export const webhookBodies = ofEach(webhookOf);

/** What this code writes of an envelope: the field `data` comes from the database. */
export type CloudEvent = Omit<z.infer<ReturnType<typeof cloudEventOf>>, 'data'> & { readonly data: object };
export type WebhookBody = Omit<z.infer<ReturnType<typeof webhookOf>>, 'data'> & { readonly data: object };

/** What `orders endpoints test` sends, and is no event. */
export const testBody = z.object({
  id: shared.id,
  type: z.literal('endpoint.test'),
  timestamp: happened,
  data: z.object({}),
});
export type TestBody = z.infer<typeof testBody>;

export const webhookHeaders = z.object({
  'webhook-id': shared.id,
  'webhook-timestamp': z.string().regex(/^\d+$/).meta({ description: 'when this try was sent, in seconds since 1970' }),
  'webhook-signature': z
    .string()
    .regex(/^v1a?,\S+( v1a?,\S+)*$/)
    .meta({ description: 'one for each key, separated by spaces, over `<webhook-id>.<webhook-timestamp>.<body>`' }),
});
