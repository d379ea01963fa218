import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import type { RowDataPacket } from 'mysql2/promise';
import { ORDER_CREATE_QUEUE } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import type { Pool } from '../../src/db/driver/pool.js';
import type { Sample } from '../harness/figure.js';

/** Often during the burst, and seldom while the messages are handled, which takes minutes. */
const SAMPLE_MS = { first: 250, later: 2_000 };
const FIRST = 80;
/** Two cores start some fifty workflows a second. */
const DRAIN_LIMIT_MS = 20 * 60_000;

/** Counts the orders of a shop over time. `settled`: the database has the order's end. */
export function startSampling({ pool }: { readonly pool: Pool }, connection: ChannelModel) {
  const start = performance.now();
  const samples: Sample[] = [];
  const stopped = new AbortController();

  async function sampleUntilStopped(): Promise<void> {
    const channel = await connection.createChannel();
    while (!stopped.signal.aborted) {
      const [{ messageCount: queued }, counts] = await Promise.all([
        channel.checkQueue(ORDER_CREATE_QUEUE),
        countsOf(pool),
      ]);
      samples.push({ seconds: (performance.now() - start) / 1_000, queued, ...counts });
      const pause = samples.length < FIRST ? SAMPLE_MS.first : SAMPLE_MS.later;
      await sleep(pause, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
    await connection.close();
  }

  const sampling = sampleUntilStopped();
  return {
    /** Resolves when no message waits, and each order is recorded. */
    untilHandled: (): Promise<unknown> =>
      until(
        'the records of the orders of the burst',
        async () => samples.at(-1),
        (last) => last !== undefined && last['queued'] === 0 && last['recorded'] === last['accepted'],
        DRAIN_LIMIT_MS,
      ),
    async stop(): Promise<readonly Sample[]> {
      stopped.abort();
      await sampling;
      return samples;
    },
  };
}

async function countsOf(pool: Pool): Promise<Record<'accepted' | 'recorded' | 'settled', number>> {
  const [rows] = await pool.query<(RowDataPacket & { accepted: number; recorded: number; settled: number })[]>(
    `SELECT (SELECT COUNT(*) FROM checkouts) AS accepted, (SELECT COUNT(*) FROM orders) AS recorded,
            (SELECT COUNT(*) FROM checkouts WHERE is_open IS NULL) AS settled`,
  );
  return rows[0] ?? { accepted: 0, recorded: 0, settled: 0 };
}
