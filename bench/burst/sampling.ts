import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelModel } from 'amqplib';
import type { RowDataPacket } from 'mysql2/promise';
import { ORDER_CREATE_QUEUE } from '../../src/amqp/topology.js';
import { until } from '../../src/cli/story/until.js';
import type { Pool } from '../../src/db/driver/pool.js';
import type { Sample } from '../harness/figure.js';

/** Often during the burst, and seldom while the workflows end, which takes minutes. */
const SAMPLE_MS = { first: 250, later: 2_000 };
const FIRST = 80;
/** Two cores close some fifty workflows a second. */
const DRAIN_LIMIT_MS = 30 * 60_000;

/** Counts the orders of a shop over time. `closed`: the order's workflow has the report of the order's end. */
export function startSampling({ pool }: { readonly pool: Pool }, connection: ChannelModel) {
  const start = performance.now();
  const samples: Sample[] = [];
  const stopped = new AbortController();

  async function sampleUntilStopped(): Promise<void> {
    const channel = await connection.createChannel();
    while (!stopped.signal.aborted) {
      const [{ messageCount: queued }, ends] = await Promise.all([
        channel.checkQueue(ORDER_CREATE_QUEUE),
        endsOf(pool),
      ]);
      samples.push({ seconds: (performance.now() - start) / 1_000, queued, ...ends });
      const pause = samples.length < FIRST ? SAMPLE_MS.first : SAMPLE_MS.later;
      await sleep(pause, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
    await connection.close();
  }

  const sampling = sampleUntilStopped();
  return {
    /** Resolves when no message waits, and each order's workflow has the report of the order's end. */
    untilClosed: (): Promise<unknown> =>
      until(
        'the ends of the orders of the burst',
        async () => samples.at(-1),
        (last) => last !== undefined && last['queued'] === 0 && last['closed'] === last['accepted'],
        DRAIN_LIMIT_MS,
      ),
    async stop(): Promise<readonly Sample[]> {
      stopped.abort();
      await sampling;
      return samples;
    },
  };
}

async function endsOf(
  pool: Pool,
): Promise<{ readonly accepted: number; readonly settled: number; readonly closed: number }> {
  const [rows] = await pool.query<(RowDataPacket & { accepted: number; settled: number; due: number })[]>(
    `SELECT (SELECT COUNT(*) FROM checkouts) AS accepted,
            (SELECT COUNT(*) FROM checkouts WHERE is_open IS NULL) AS settled,
            (SELECT COUNT(*) FROM orders WHERE report_due = 1) AS due`,
  );
  const { accepted = 0, settled = 0, due = 0 } = rows[0] ?? {};
  return { accepted, settled, closed: settled - due };
}
