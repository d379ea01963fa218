import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelModel, connect as connectAmqp } from 'amqplib';
import { type Connection, createConnection } from 'mysql2/promise';

/** For a helper's own work: what a test is about is never limited by it, and a machine under load has all of it. */
export const HELPER_LIMIT_MS = 5 * 60_000;

/** Does `work` again while it fails: a server of a machine under load may be late for one connection, and not for the next. */
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

/** An answer, which asking again does not change. */
const isRefusal = (error: unknown): boolean =>
  /ER_(?!CON_COUNT)|ACCESS_REFUSED|NOT_ALLOWED|answered 4/.test(`${(error as { code?: unknown }).code} ${error}`);

/** A pool's limits, in a test that is not about them. */
export const longLimits = { timeLimitMs: HELPER_LIMIT_MS, connectTimeoutMs: HELPER_LIMIT_MS } as const;

export const connectMysql = (url: string): Promise<Connection> =>
  retried(() => createConnection({ uri: url, connectTimeout: HELPER_LIMIT_MS }));

export const connectBroker = (url: string): Promise<ChannelModel> => retried(() => connectAmqp(url));
