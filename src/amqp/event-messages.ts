import type { ShopEvent } from '../domain/event.js';
import { type CloudEvent, SOURCE } from '../schemas/event-envelopes.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { ORDER_EVENTS_EXCHANGE } from './topology.js';

export const EVENT_CONTENT_TYPE = 'application/cloudevents+json';

/** A number as a text that sorts like the number: the extension `sequence` of CloudEvents is such a text. */
const sortable = (sequence: number): string => String(sequence).padStart(10, '0');

/** A CloudEvent 1.0 in its structured mode. The event's id is the message's id, so that a receiver knows a second copy. */
export function eventMessageOf({ eventId, type, subject, sequence, occurredAt, data }: ShopEvent): OutgoingMessage {
  const event: CloudEvent = {
    specversion: '1.0',
    id: eventId,
    source: SOURCE,
    type,
    subject,
    time: occurredAt.toISOString(),
    datacontenttype: 'application/json',
    ...(sequence !== null && { sequence: sortable(sequence) }),
    data,
  };
  return {
    exchange: ORDER_EVENTS_EXCHANGE,
    routingKey: type,
    content: Buffer.from(JSON.stringify(event)),
    mayBeUnheard: true,
    properties: {
      messageId: eventId,
      type,
      timestamp: Math.floor(occurredAt.getTime() / 1000),
      contentType: EVENT_CONTENT_TYPE,
    },
  };
}
