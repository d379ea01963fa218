import type { ConsumeMessage, Message, MessagePropertyHeaders } from 'amqplib';
import { v7 as uuid } from 'uuid';
import { type History, historyHeaders, isBrokerHeader } from './history.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { ORDER_CANCEL_KEY, ORDER_CANCEL_QUEUE, ORDER_CREATE_KEY, ORDER_DLX } from './topology.js';

/** Waits for the confirm, no longer than `withinMs`. */
export type Publish = (message: OutgoingMessage, withinMs?: number) => Promise<void>;

/** Into the dead-letter queue, with the queue it came from: the routing key tells where a redrive belongs. */
export async function deadLetter(
  publish: Publish,
  queue: string,
  message: ConsumeMessage,
  history: History,
): Promise<void> {
  const routingKey = queue === ORDER_CANCEL_QUEUE ? ORDER_CANCEL_KEY : ORDER_CREATE_KEY;
  await publishCopy(publish, { exchange: ORDER_DLX, routingKey }, message, historyHeaders(history, queue));
}

/** Back to the end of its own queue, as a fresh message to the broker. */
export async function putBack(
  publish: Publish,
  queue: string,
  message: ConsumeMessage,
  history: History,
): Promise<void> {
  await publishCopy(publish, { exchange: '', routingKey: queue }, message, historyHeaders(history, queue));
}

/** A copy that keeps what its sender said; `headers` stand beside the sender's own, in place of the broker's. */
export async function publishCopy(
  publish: Publish,
  to: Pick<OutgoingMessage, 'exchange' | 'routingKey'>,
  message: Message,
  headers: MessagePropertyHeaders,
): Promise<void> {
  const { content, properties } = message;
  const before = properties.headers ?? {};
  const basics = {
    // Every copy has an id to be followed by, also one whose sender gave it none.
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
    // What was read can't always be written again, such as a very large negative number, or a name that the library
    // takes for a type of its own: the message matters more.
    const { traceparent } = before;
    const kept = typeof traceparent === 'string' && traceparent.length < 256 ? { traceparent } : {};
    await publish({ ...to, content, properties: { ...basics, headers: { ...kept, ...headers } } });
  }
}
