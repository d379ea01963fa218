import { styleText } from 'node:util';
import { loadConfig } from '../config/config.js';
import type { Pool } from '../db/driver/pool.js';
import type { EventFilters, EventRecord, Replay, ReplayResult } from '../domain/event-filters.js';
import { operateEvents } from '../process/operate-events.js';
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

export async function listEventsCommand(
  pool: Pool,
  filters: EventFilters,
  { before, limit, json, say }: Output & { readonly before?: number | undefined; readonly limit: number },
): Promise<void> {
  const events: EventRecord[] = [];
  let next = before;
  do {
    const page = await operateEvents(pool).list(filters, { before: next, limit: limit - events.length });
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

/** @returns false when there is no such endpoint, or an id is of no event; nothing is replayed then */
export async function replayCommand(
  pool: Pool,
  replay: Replay,
  { dryRun, json, say }: Output & { readonly dryRun: boolean },
): Promise<boolean> {
  const result = await operateEvents(pool).replay(replay, { dryRun });
  if (result.kind !== 'replayed') {
    const problem = refusalInWords(result);
    say(json ? JSON.stringify({ error: problem }) : problem);
    return false;
  }
  const { replayed, endpoint } = result;
  const { filters, to } = replay;
  const target = endpoint?.url ?? 'RabbitMQ';
  const paused = endpoint?.state === 'paused' ? ' The endpoint is paused: they wait until it is resumed.' : '';
  if (json) say(JSON.stringify({ dryRun, replayed, to: to ?? 'rabbitmq', filters }, null, 2));
  else if (dryRun) say(`A dry run: ${counted(replayed, 'event')} would be sent to ${target}. Nothing was changed.`);
  else say(`${counted(replayed, 'event')}: a running bridge sends them to ${target}.${paused}`);
  return true;
}

const refusalInWords = (result: Exclude<ReplayResult, { kind: 'replayed' }>): string =>
  result.kind === 'unknown-endpoint'
    ? `There is no endpoint ${result.endpointId}.`
    : `There is no event ${result.ids.join(', ')}. Nothing was replayed.`;
