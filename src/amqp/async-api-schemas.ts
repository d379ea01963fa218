import { z } from 'zod';
import { EVENT_TYPES } from '../domain/event.js';
import { eventData } from '../schemas/event-data.js';
import { cloudEvents } from '../schemas/event-envelopes.js';
import { EVENT_CONTENT_TYPE } from './event-messages.js';
import { letterHeaders } from './history.js';
import { cancelMessage, createMessage } from './messages.js';
import { ORDER_CANCEL_KEY, ORDER_CREATE_KEY } from './topology.js';

/** The shapes of what RabbitMQ carries, in JSON Schema, for the description. */

const id = z.string().min(1).max(255);
const seconds = z.int().nonnegative().meta({ description: 'in seconds since 1970' });
const persistent = z.literal(2).meta({ description: 'persistent' });

/** The properties of a message of ours. */
const propertiesOf = (contentType: string, type: z.ZodType) =>
  z.object({
    messageId: id.meta({ description: 'the same in each copy of the message' }),
    type,
    timestamp: seconds,
    contentType: z.literal(contentType),
    deliveryMode: persistent,
  });

/** A sender that is not ours may leave out each of them. */
const anyProperties = z.object({
  messageId: id.optional(),
  type: z.string().optional(),
  timestamp: seconds.optional(),
  contentType: z.string().optional(),
  deliveryMode: z.int().optional(),
});

const schemas = {
  Order: eventData['order.placed'],
  OrderMessage: createMessage,
  OrderMessageHeaders: z.object({ traceparent: z.string().meta({ description: 'W3C trace context of the checkout' }) }),
  OrderMessageProperties: propertiesOf('application/json', z.literal(ORDER_CREATE_KEY)),
  CancelMessage: cancelMessage,
  AnyProperties: anyProperties.meta({ description: `of the legacy service: \`type\` may be ${ORDER_CANCEL_KEY}` }),
  DeadLetter: z.unknown().meta({ description: 'the body of the message, as it came' }),
  DeadLetterHeaders: letterHeaders,
  DeadLetterProperties: anyProperties.extend({
    messageId: id.meta({ description: "the sender's; a new one, if the sender gave none" }),
    deliveryMode: persistent,
  }),
  EventProperties: propertiesOf(EVENT_CONTENT_TYPE, z.enum(EVENT_TYPES)),
  ...cloudEvents,
};

type SchemaName = keyof typeof schemas;

export const schemaRef = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });

/** In draft 7, as AsyncAPI has it. Further fields are allowed, since a receiver ignores what it does not know. */
export function jsonSchemas(): Record<string, object> {
  const registry = z.registry<{ id?: string | undefined }>();
  for (const [name, schema] of Object.entries(schemas)) registry.add(schema, { id: name });
  const made = z.toJSONSchema(registry, {
    target: 'draft-7',
    io: 'input',
    uri: (name) => `#/components/schemas/${name}`,
  });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([name, { $schema: _schema, $id: _id, ...schema }]) => [name, schema]),
  );
}
