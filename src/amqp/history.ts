import type { Message, MessagePropertyHeaders } from 'amqplib';
import { z } from 'zod';

/** A message's failures. The headers of the message hold the history, so restarts and redrives keep it. */
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

/** The headers of a dead letter, for the description. A letter that the broker itself has moved has its `x-death` only. */
export const letterHeaders = z.looseObject({
  [headers.attempts]: z.int().nonnegative().optional().meta({ description: 'since the last redrive' }),
  [headers.reason]: z.string().optional().meta({ description: 'why the message cannot be handled' }),
  [headers.firstFailedAt]: z.iso.datetime().optional(),
  [headers.lastFailedAt]: z.iso.datetime().optional(),
  [headers.queue]: z.string().optional().meta({ description: 'the queue to which a redrive sends the message' }),
  [headers.redrives]: z.int().nonnegative().optional(),
  [headers.attemptsBefore]: z.int().nonnegative().optional(),
});

/** @returns the history of the message; with a `reason`, the history after one more failure */
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

/**
 * The history of a dead letter, also of a letter that the broker moved. `attempts` counts the attempts of all redrives.
 */
export interface LetterHistory extends History {
  readonly queue?: string;
  readonly redrives: number;
}

export function letterHistoryOf(message: Message): LetterHistory {
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

/** Gives a letter three new attempts, and keeps its history. */
export function redriveHeaders(message: Message): MessagePropertyHeaders {
  const { attempts, redrives } = letterHistoryOf(message);
  return { [headers.attempts]: 0, [headers.attemptsBefore]: attempts, [headers.redrives]: redrives + 1 };
}

/** The part of the history from the broker's own headers, which a copy loses, in our headers. */
export function writtenHistory(message: Message): MessagePropertyHeaders {
  const { queue, reason } = letterHistoryOf(message);
  return { ...(queue && { [headers.queue]: queue }), ...(reason && { [headers.reason]: reason }) };
}

/**
 * How often a message has come back to its quorum queue. RabbitMQ 4.3 has two counts, of failures and of deliveries.
 */
export function returnsOf({ properties }: Message): number {
  const given = properties.headers ?? {};
  return Math.max(count(given['x-delivery-count']), count(given['x-acquired-count']));
}

/** The broker writes these headers itself. With `CC` a copy would go to the first receivers of the message again. */
export const isBrokerHeader = (name: string): boolean =>
  /^(x-death|x-(first|last)-death-.*|x-delivery-count|x-acquired-count|CC|BCC)$/.test(name);

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Every sender can write headers. A value that is no count reads as 0, and the attempts still end. */
const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);
