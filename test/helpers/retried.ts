import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelModel, connect as connectAmqp } from 'amqplib';
import { type Connection, createConnection } from 'mysql2/promise';

/** The limit of a helper's own work: long enough for a machine under load. No test asserts this limit. */
export const HELPER_LIMIT_MS = 5 * 60_000;

/** Repeats `work` while it fails: on a machine under load a server may miss one connection and accept the next. */
export async function retried<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + HELPER_LIMIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > end || isRefusal(error)) throw error;
    }
    await sleep(250);
  }
}

/** A refusal, which a retry does not change. */
const isRefusal = (error: unknown): boolean =>
  /ER_(?!CON_COUNT)|ACCESS_REFUSED|NOT_ALLOWED|answered 4/.test(`${(error as { code?: unknown }).code} ${error}`);

/** Limits of a pool for tests that are not about limits. */
export const longLimits = { timeLimitMs: HELPER_LIMIT_MS, connectTimeoutMs: HELPER_LIMIT_MS } as const;

export const connectMysql = (url: string): Promise<Connection> =>
  retried(() => createConnection({ uri: url, connectTimeout: HELPER_LIMIT_MS }));

export const connectBroker = (url: string): Promise<ChannelModel> => retried(() => connectAmqp(url));
