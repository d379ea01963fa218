import type { ConsumeMessage, Message, MessagePropertyHeaders } from 'amqplib';
import { v7 as uuid } from 'uuid';
import { type History, historyHeaders, isBrokerHeader } from './history.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { ORDER_CANCEL_KEY, ORDER_CANCEL_QUEUE, ORDER_CREATE_KEY, ORDER_DLX } from './topology.js';

/** Publishes a message, and waits for the confirm no longer than `withinMs` milliseconds. */
export type Publish = (message: OutgoingMessage, withinMs?: number) => Promise<void>;

/** Publishes a copy to the dead-letter queue. A header names the queue of the message, to which a redrive sends it. */
export async function deadLetter(
  publish: Publish,
  queue: string,
  message: ConsumeMessage,
  history: History,
): Promise<void> {
  const routingKey = queue === ORDER_CANCEL_QUEUE ? ORDER_CANCEL_KEY : ORDER_CREATE_KEY;
  await publishCopy(publish, { exchange: ORDER_DLX, routingKey }, message, historyHeaders(history, queue));
}

/** Publishes a copy to the end of the message's own queue. The broker counts the copy as a new message. */
export async function putBack(
  publish: Publish,
  queue: string,
  message: ConsumeMessage,
  history: History,
): Promise<void> {
  await publishCopy(publish, { exchange: '', routingKey: queue }, message, historyHeaders(history, queue));
}

/** Publishes a copy with the sender's properties and headers, and with `headers` instead of the broker's headers. */
export async function publishCopy(
  publish: Publish,
  to: Pick<OutgoingMessage, 'exchange' | 'routingKey'>,
  message: Message,
  headers: MessagePropertyHeaders,
): Promise<void> {
  const { content, properties } = message;
  const before = properties.headers ?? {};
  const basics = {
    // Every copy has an id, so that a person can follow the copy.
    messageId: properties.messageId || uuid(),
    ...(properties.type && { type: properties.type }),
    ...(properties.timestamp && { timestamp: properties.timestamp }),
    ...(properties.contentType && { contentType: properties.contentType }),
    ...(properties.contentEncoding && { contentEncoding: properties.contentEncoding }),
    ...(properties.correlationId && { correlationId: properties.correlationId }),
    ...(properties.appId && { appId: properties.appId }),
  };
  const senders = Object.fromEntries(Object.entries(before).filter(([name]) => !isBrokerHeader(name)));
  try {
    await publish({ ...to, content, properties: { ...basics, headers: { ...senders, ...headers } } });
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    // amqplib cannot write some headers that it reads, such as a very large negative number, or a name that amqplib
    // takes for a type of its own. The copy is published without these headers: the message matters more.
    const { traceparent } = before;
    const trace = typeof traceparent === 'string' && traceparent.length < 256 ? { traceparent } : {};
    await publish({ ...to, content, properties: { ...basics, headers: { ...trace, ...headers } } });
  }
}
