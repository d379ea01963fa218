import type { ConsumeMessage, MessagePropertyHeaders } from 'amqplib';
import { v7 as uuid } from 'uuid';
import type { OutgoingMessage } from './publisher.js';
import { ORDER_CANCEL_KEY, ORDER_CANCEL_QUEUE, ORDER_CREATE_KEY, ORDER_DLX } from './topology.js';

export type Publish = (message: OutgoingMessage) => Promise<void>;

/** What a message has been through. It travels in the headers, so that it outlives processes and redrives. */
export interface History {
  readonly attempts: number;
  readonly reason?: string;
  readonly firstFailedAt?: string;
  readonly lastFailedAt?: string;
}

const headers = {
  attempts: 'x-attempts',
  reason: 'x-reason',
  firstFailedAt: 'x-first-failed-at',
  lastFailedAt: 'x-last-failed-at',
  queue: 'x-failed-queue',
} as const;

const ofBroker = ['x-death', 'x-first-death-exchange', 'x-first-death-queue', 'x-first-death-reason', 'x-delivery-count'];

/** The history so far; with a `reason`, one failure more. */
export function historyOf(message: ConsumeMessage, reason?: string): History {
  const before = message.properties.headers ?? {};
  const attempts = Number(before[headers.attempts] ?? 0);
  const first = text(before[headers.firstFailedAt]);
  if (reason === undefined) {
    const [last, why] = [text(before[headers.lastFailedAt]), text(before[headers.reason])];
    return {
      attempts,
      ...(why && { reason: why }),
      ...(first && { firstFailedAt: first }),
      ...(last && { lastFailedAt: last }),
    };
  }
  const now = new Date().toISOString();
  return { attempts: attempts + 1, reason: reason.slice(0, 2000), firstFailedAt: first ?? now, lastFailedAt: now };
}

/** Into the dead-letter queue, with the queue it came from: the routing key tells where a redrive belongs. */
export async function deadLetter(publish: Publish, queue: string, message: ConsumeMessage, history: History): Promise<void> {
  const routingKey = queue === ORDER_CANCEL_QUEUE ? ORDER_CANCEL_KEY : ORDER_CREATE_KEY;
  await publish({ exchange: ORDER_DLX, routingKey, ...copy(message, queue, history) });
}

/** Back to the end of its own queue, as a fresh message to the broker. */
export async function putBack(publish: Publish, queue: string, message: ConsumeMessage, history: History): Promise<void> {
  await publish({ exchange: '', routingKey: queue, ...copy(message, queue, history) });
}

function copy(message: ConsumeMessage, queue: string, history: History): Pick<OutgoingMessage, 'content' | 'properties'> {
  const { messageId, type, timestamp, contentType, correlationId } = message.properties;
  return {
    content: message.content,
    properties: {
      // Every copy has an id to be followed by, also one whose sender gave it none.
      messageId: text(messageId) ?? uuid(),
      ...(type && { type }),
      ...(timestamp && { timestamp }),
      ...(contentType && { contentType }),
      ...(correlationId && { correlationId }),
      headers: { ...kept(message.properties.headers ?? {}), ...said(history), [headers.queue]: queue },
    },
  };
}

/** What the broker wrote about earlier deaths is left out: it refuses or rewrites these. */
const kept = (before: MessagePropertyHeaders): MessagePropertyHeaders =>
  Object.fromEntries(Object.entries(before).filter(([name]) => !ofBroker.includes(name)));

const said = (history: History): MessagePropertyHeaders => ({
  [headers.attempts]: history.attempts,
  ...(history.reason && { [headers.reason]: history.reason }),
  ...(history.firstFailedAt && { [headers.firstFailedAt]: history.firstFailedAt }),
  ...(history.lastFailedAt && { [headers.lastFailedAt]: history.lastFailedAt }),
});

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
