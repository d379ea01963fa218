import { type Command, InvalidArgumentError } from 'commander';
import type { Pool } from '../../db/driver/pool.js';
import { EXPECTED_EVENTS, fits, toPatterns } from '../../domain/endpoint.js';
import { EVENT_TYPES, type EventType } from '../../domain/event.js';
import { type EventFilters, MOST_IDS } from '../../domain/event-filters.js';
import { EXPECTED_UNTIL, isBackwards } from '../../domain/order-filters.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';
import { endpointId } from './endpoints.js';
import { moment } from './moment.js';
import { orderId } from './order-options.js';

interface Flags {
  readonly type?: readonly EventType[];
  readonly order?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly endpoint?: string;
  readonly undelivered?: boolean;
  readonly json?: boolean;
}

/** Events for other systems: what was sent, and what is to be sent again. */
export function addEvents(orders: Command, { env, say }: CommandContext): void {
  const events = orders.command('events').description('events for other systems');
  const onEvents = async <T>(work: (pool: Pool) => Promise<T>): Promise<T> => {
    const { withEvents } = await import('../events.js');
    return await withServers(env, { needed: ['MYSQL_URL'], makes: false }, (found) => withEvents(found, work));
  };
  const filtered = (command: Command): Command =>
    command
      .option('--type <types>', 'only these, such as order.paid,refund.*', types)
      .option('--order <id>', 'only those of this order', orderId)
      .option('--since <time>', 'only what happened at this ISO 8601 time or later', moment)
      .option('--until <time>', 'only what happened before this time', moment);

  filtered(events.command('list').description('events, the newest first, and what became of them'))
    .option('--endpoint <id>', 'only those for this endpoint', endpointId)
    .option(
      '--undelivered',
      'only those that the endpoint has not taken; without --endpoint, those that RabbitMQ lacks',
    )
    .option('--before <number>', 'the next page', upTo(Number.MAX_SAFE_INTEGER))
    .option('--limit <number>', 'at most so many', upTo(MOST_IDS), 100)
    .option('--json', 'print them as JSON')
    .action(async (flags: Flags & { before?: number; limit: number }, command: Command) => {
      const { listEventsCommand } = await import('../events.js');
      const { before, limit, json = false } = flags;
      const filters = filtersOf(flags, command);
      await onEvents((pool) => listEventsCommand(pool, filters, { before, limit, json, say }));
    });

  filtered(
    events.command('replay').description('send events again, under their ids: those with these ids, or a selection'),
  )
    .argument('[ids...]', 'their ids', (given: string, before: string[] = []) => [...before, eventId(given)])
    .option('--endpoint <id>', 'send them to this endpoint', endpointId)
    .option('--rabbitmq', 'send them to RabbitMQ')
    .option('--undelivered', 'of a selection, only those that the endpoint has not taken')
    .option('--dry-run', 'count them, and change nothing')
    .option('--json', 'print the result as JSON')
    .action(async (ids: string[], flags: Flags & { rabbitmq?: boolean; dryRun?: boolean }, command: Command) => {
      const { endpoint, undelivered, json = false, dryRun = false } = flags;
      const { endpointId: _, ...filters } = filtersOf(flags, command);
      const isSelected = Object.values(filters).some((filter) => filter !== undefined);
      if ((endpoint === undefined) === (flags.rabbitmq === undefined))
        command.error('error: expected where to send them: --endpoint ID or --rabbitmq');
      if (ids.length > 0 === isSelected)
        command.error('error: expected ids, or a selection: --type, --order, --since, --until or --undelivered');
      if (ids.length > MOST_IDS) command.error(`error: expected at most ${MOST_IDS} ids`);
      const selection = { ...filters, ...(undelivered && { endpointId: endpoint }) };
      const { replayCommand } = await import('../events.js');
      const replay = { ids, filters: selection, to: endpoint };
      exitWith(await onEvents((pool) => replayCommand(pool, replay, { dryRun, json, say })));
    });
}

function filtersOf(flags: Flags, command: Command): EventFilters {
  if (isBackwards(flags)) command.error(`error: option '--until <time>': ${EXPECTED_UNTIL}`);
  const { type, order, since, until, endpoint, undelivered } = flags;
  return { types: type, orderId: order, since, until, endpointId: endpoint, undelivered };
}

function types(given: string): readonly EventType[] {
  const patterns = toPatterns(given);
  if (patterns === undefined) throw new InvalidArgumentError(`${EXPECTED_EVENTS.replace(/^e/, 'E')}.`);
  return EVENT_TYPES.filter((type) => fits(patterns, type));
}

function eventId(given: string): string {
  const id = given.trim();
  if (/^[\w-]{1,36}$/.test(id)) return id;
  throw new InvalidArgumentError('Expected the id of an event, as orders events list prints it.');
}

const upTo =
  (highest: number) =>
  (given: string): number => {
    const number = /^[1-9]\d{0,15}$/.test(given) ? Number(given) : Number.NaN;
    if (number <= highest) return number;
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${highest}.`);
  };
