import type { Message, MessagePropertyHeaders } from 'amqplib';

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
  redrives: 'x-redrives',
  attemptsBefore: 'x-attempts-before-redrive',
} as const;

/** The history so far; with a `reason`, one failure more. */
export function historyOf(message: Message, reason?: string): History {
  const before = message.properties.headers ?? {};
  const attempts = count(before[headers.attempts]);
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

export const historyHeaders = (history: History, queue: string): MessagePropertyHeaders => ({
  [headers.attempts]: history.attempts,
  ...(history.reason && { [headers.reason]: history.reason }),
  ...(history.firstFailedAt && { [headers.firstFailedAt]: history.firstFailedAt }),
  ...(history.lastFailedAt && { [headers.lastFailedAt]: history.lastFailedAt }),
  [headers.queue]: queue,
});

/** All that is known of a dead letter, also of one that the broker moved by itself. `attempts` counts every redrive's. */
export interface Told extends History {
  readonly queue?: string;
  readonly redrives: number;
}

export function toldOf(message: Message): Told {
  const given = message.properties.headers ?? {};
  const history = historyOf(message);
  const [death] = (given['x-death'] ?? []) as { queue?: unknown; reason?: unknown }[];
  const queue = text(given[headers.queue]) ?? text(death?.queue);
  const reason = history.reason ?? (death && `moved by the broker: ${String(death.reason)}`);
  return {
    ...history,
    attempts: history.attempts + count(given[headers.attemptsBefore]),
    redrives: count(given[headers.redrives]),
    ...(queue && { queue }),
    ...(reason && { reason }),
  };
}

/** Three new attempts, and all that was before stays known. */
export function redriveHeaders(message: Message): MessagePropertyHeaders {
  const { attempts, redrives } = toldOf(message);
  return { [headers.attempts]: 0, [headers.attemptsBefore]: attempts, [headers.redrives]: redrives + 1 };
}

/** What only the broker's own headers told, which no copy has. */
export function writtenHistory(message: Message): MessagePropertyHeaders {
  const { queue, reason } = toldOf(message);
  return { ...(queue && { [headers.queue]: queue }), ...(reason && { [headers.reason]: reason }) };
}

/**
 * How often a quorum queue has had this message back. RabbitMQ 4.3 counts failures and deliveries apart, and names both.
 */
export function returnsOf({ properties }: Message): number {
  const given = properties.headers ?? {};
  return Math.max(count(given['x-delivery-count']), count(given['x-acquired-count']));
}

/** The broker writes about earlier deaths itself; `CC` would send a copy to its first receivers once more. */
export const isBrokerHeader = (name: string): boolean =>
  /^(x-death|x-(first|last)-death-.*|x-delivery-count|x-acquired-count|CC|BCC)$/.test(name);

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Anyone can write a header; one that is no count must not buy endless attempts. */
const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);
