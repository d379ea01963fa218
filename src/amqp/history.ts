import type { ConsumeMessage, MessagePropertyHeaders } from 'amqplib';

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

/** The history so far; with a `reason`, one failure more. */
export function historyOf(message: ConsumeMessage, reason?: string): History {
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

/** The broker writes about earlier deaths itself; `CC` would send a copy to its first receivers once more. */
export const isBrokerHeader = (name: string): boolean =>
  /^(x-death|x-(first|last)-death-.*|x-delivery-count|CC|BCC)$/.test(name);

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Anyone can write a header; one that is no count must not buy endless attempts. */
const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);
