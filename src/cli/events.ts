import { styleText } from 'node:util';
import { loadConfig } from '../config/config.js';
import type { Pool } from '../db/driver/pool.js';
import { findEndpoint } from '../db/endpoints/endpoints.js';
import { listEvents } from '../db/events/event-list.js';
import { positionsOf, replayToBroker, replayToEndpoint } from '../db/events/replay.js';
import { fits } from '../domain/endpoint.js';
import type { EventFilters, EventRecord } from '../domain/event-filters.js';
import { counted } from './counted.js';
import { onOneLine } from './product-words.js';
import { requireSchema } from './require-schema.js';
import { withMysql } from './with-mysql.js';

interface Output {
  readonly json: boolean;
  readonly say: (line: string) => void;
}

/** Opens the database that `env` names, for one command. */
export async function withEvents<T>(env: NodeJS.ProcessEnv, work: (pool: Pool) => Promise<T>): Promise<T> {
  return await withMysql(loadConfig(env, ['MYSQL_URL']).MYSQL_URL, 1, async (pool) => {
    await requireSchema(pool);
    return await work(pool);
  });
}

/** So many events are replayed by one statement. */
const BATCH = 1_000;

export async function listEventsCommand(
  pool: Pool,
  filters: EventFilters,
  { before, limit, json, say }: Output & { readonly before?: number | undefined; readonly limit: number },
): Promise<void> {
  const events: EventRecord[] = [];
  let next = before;
  do {
    const page = await listEvents(pool, filters, { from: next, limit: limit - events.length });
    events.push(...page.events);
    next = page.next;
  } while (next !== undefined && events.length < limit);
  if (json) return say(JSON.stringify({ events, next: next ?? null }, null, 2));
  for (const event of events) say(inWords(event));
  say(`${counted(events.length, 'event')}${next === undefined ? '.' : `; the next ones: --before ${next}`}`);
}

function inWords({ eventId, type, subject, occurredAt, deliveredAt, delivery }: EventRecord): string {
  const broker = deliveredAt === null ? ', RabbitMQ does not have it' : '';
  const failure = delivery?.lastFailure ? `: ${onOneLine(delivery.lastFailure)}` : '';
  const endpoint =
    delivery === null ? '' : `, ${delivery.state} after ${counted(delivery.attempts, 'failure')}${failure}`;
  return `${styleText('bold', eventId)}  ${type} ${onOneLine(subject)}, ${occurredAt.toISOString()}${endpoint}${broker}`;
}

export interface Replay {
  readonly ids: readonly string[];
  readonly filters: EventFilters;
  /** An endpoint; RabbitMQ, if not given. */
  readonly to?: string | undefined;
}

/** @returns false when there is no such endpoint, or an id is of no event; nothing is replayed then */
export async function replayCommand(
  pool: Pool,
  replay: Replay,
  { dryRun, json, say }: Output & { readonly dryRun: boolean },
): Promise<boolean> {
  const { ids, filters, to } = replay;
  const endpoint = to === undefined ? undefined : await findEndpoint(pool, to);
  const problem =
    to !== undefined && endpoint === undefined ? `There is no endpoint ${to}.` : await unknownOf(pool, ids);
  if (problem !== undefined) {
    say(json ? JSON.stringify({ error: problem }) : problem);
    return false;
  }
  let replayed = 0;
  for await (const batch of batchesOf(pool, replay)) {
    // Those that were named are sent whatever the endpoint gets otherwise.
    const wanted = batch.filter(({ type }) => type === undefined || !endpoint || fits(endpoint.events, type));
    const positions = wanted.map(({ position }) => position);
    if (!dryRun && to !== undefined) await replayToEndpoint(pool, to, positions);
    if (!dryRun && to === undefined) await replayToBroker(pool, positions);
    replayed += positions.length;
  }
  const target = endpoint?.url ?? 'RabbitMQ';
  const paused = endpoint?.state === 'paused' ? ' The endpoint is paused: they wait until it is resumed.' : '';
  if (json) say(JSON.stringify({ dryRun, replayed, to: to ?? 'rabbitmq', filters }, null, 2));
  else if (dryRun) say(`A dry run: ${counted(replayed, 'event')} would be sent to ${target}. Nothing was changed.`);
  else say(`${counted(replayed, 'event')}: a running bridge sends them to ${target}.${paused}`);
  return true;
}

async function unknownOf(pool: Pool, ids: readonly string[]): Promise<string | undefined> {
  const known = new Set((await positionsOf(pool, ids)).map(({ eventId }) => eventId));
  const unknown = ids.filter((id) => !known.has(id));
  return unknown.length === 0 ? undefined : `There is no event ${unknown.join(', ')}. Nothing was replayed.`;
}

/** The oldest first, so that the events of an order keep their order. */
async function* batchesOf(
  pool: Pool,
  { ids, filters }: Replay,
): AsyncGenerator<readonly { readonly position: number; readonly type?: EventRecord['type'] }[]> {
  if (ids.length > 0) return yield (await positionsOf(pool, ids)).map(({ position }) => ({ position }));
  let from: number | undefined;
  do {
    const { events, next } = await listEvents(pool, filters, { from, limit: BATCH, oldestFirst: true });
    yield events;
    from = next;
  } while (from !== undefined);
}
