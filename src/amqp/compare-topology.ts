import type { ChannelModel } from 'amqplib';
import { messageOf } from '../domain/errors.js';
import { closeChannel } from './close.js';
import { differenceLine, differencesByApi } from './compare-by-api.js';
import type { ManagementApi } from './management-api.js';
import type { Topology, TopologyQueue } from './topology.js';

type Channel = Awaited<ReturnType<ChannelModel['createChannel']>>;

/** An exchange or queue of the topology: how to look for it, and how to declare it. */
export interface Entity {
  readonly name: string;
  readonly look: (channel: Channel) => Promise<unknown>;
  readonly declare: (channel: Channel) => Promise<unknown>;
  /** Declares a queue with the other type, for a queue that may have either type. */
  readonly declareOther?: (channel: Channel) => Promise<unknown>;
}

/** How the broker differs from the topology. Each list is in the order of the topology. */
export interface TopologyComparison {
  readonly missing: readonly Entity[];
  readonly different: readonly string[];
  /** Existing entities that this account could not compare, because it has no right to configure them. */
  readonly uncompared: readonly string[];
  /** A line for each entity that is missing or different. */
  readonly lines: readonly string[];
}

/**
 * Compares the broker with the topology, and changes nothing. The function looks for each queue and exchange, and
 * declares only existing ones again: RabbitMQ refuses the declaration and names the difference. AMQP cannot compare
 * bindings.
 *
 * @param api compares the entities that this account may not configure
 */
export async function compareTopology(
  connection: ChannelModel,
  topology: Topology,
  api?: ManagementApi,
): Promise<TopologyComparison> {
  const missing: Entity[] = [];
  const [different, uncompared, lines]: [string[], string[], string[]] = [[], [], []];
  for (const entity of entitiesOf(topology)) {
    const missingLine = await refusalOf(connection, entity.look, missingLineOf);
    if (missingLine !== undefined) {
      missing.push(entity);
      lines.push(missingLine);
      continue;
    }
    const answer = await differenceOf(connection, entity);
    if (answer === undefined) continue;
    if (isRefusal(answer)) uncompared.push(entity.name);
    else {
      different.push(answer);
      lines.push(answer);
    }
  }
  const found = api && uncompared.length > 0 ? await differencesByApi(api, topology) : undefined;
  if (found === undefined) return { missing, different, uncompared, lines };
  return {
    missing,
    different: [...new Set([...different, ...found])],
    uncompared: [],
    lines: [...new Set([...lines, ...found])],
  };
}

function entitiesOf({ exchanges, queues }: Topology): Entity[] {
  return [
    ...exchanges.map(({ name, type }) => ({
      name,
      look: (channel: Channel) => channel.checkExchange(name),
      declare: (channel: Channel) => channel.assertExchange(name, type, { durable: true }),
    })),
    ...queues.map((queue) => ({
      name: queue.name,
      look: (channel: Channel) => channel.checkQueue(queue.name),
      declare: (channel: Channel) => assertQueue(channel, queue),
      ...(queue.ofEitherType && { declareOther: (channel: Channel) => assertQueue(channel, ofOtherType(queue)) }),
    })),
  ];
}

const assertQueue = (channel: Channel, { name, arguments: args }: TopologyQueue) =>
  channel.assertQueue(name, { durable: true, arguments: args });

const ofOtherType = ({ arguments: args, ...queue }: TopologyQueue): TopologyQueue => ({
  ...queue,
  arguments: { ...args, 'x-queue-type': args['x-queue-type'] === 'classic' ? 'quorum' : 'classic' },
});

/** @returns RabbitMQ's difference or refusal as a line; `undefined` when the entity is as declared here */
async function differenceOf(connection: ChannelModel, { declare, declareOther }: Entity): Promise<string | undefined> {
  const lineOf = (error: unknown) => mismatch(error) ?? refused(error);
  const answer = await refusalOf(connection, declare, lineOf);
  const otherType = answer?.includes('another x-queue-type:') && declareOther;
  return otherType ? await refusalOf(connection, otherType, lineOf) : answer;
}

/** @returns the line of the error with which the work fails, or `undefined`. @throws an error without a line */
async function refusalOf(
  connection: ChannelModel,
  work: (channel: Channel) => Promise<unknown>,
  lineOf: (error: unknown) => string | undefined,
): Promise<string | undefined> {
  try {
    await inChannel(connection, work);
    return undefined;
  } catch (error) {
    const line = lineOf(error);
    if (line === undefined) throw error;
    return line;
  }
}

/** A refused declaration closes its channel, so each one gets a channel of its own. */
export async function inChannel(connection: ChannelModel, work: (channel: Channel) => Promise<unknown>): Promise<void> {
  const channel = await connection.createChannel();
  // The rejection has the same error; without a listener the channel's event would be an uncaught exception.
  channel.on('error', () => undefined);
  await work(channel);
  await closeChannel(channel);
}

const inequivalent =
  /inequivalent arg '(?<arg>[^']+)' for (?<kind>queue|exchange) '(?<name>[^']+)'.*?received (?<ours>.+?) but current is (?<theirs>.+?)"?$/s;

export function mismatch(error: unknown): string | undefined {
  const found = inequivalent.exec(messageOf(error))?.groups;
  if (found === undefined) return undefined;
  return differenceLine(found as Parameters<typeof differenceLine>[0]);
}

const accessRefused = /ACCESS_REFUSED - access to (queue|exchange) '[^']+'.* refused/;

/** RabbitMQ's refusal when the account has no right to configure the entity. */
export const refused = (error: unknown): string | undefined => accessRefused.exec(messageOf(error))?.[0];

const isRefusal = (line: string): boolean => accessRefused.test(line);

const missingLineOf = (error: unknown): string | undefined => notFound(error)?.message;

/** @returns an error that names the missing queue or exchange, and the command that declares it */
export function notFound(error: unknown): Error | undefined {
  const found = /NOT_FOUND - no (?<kind>queue|exchange) '(?<name>[^']+)'/.exec(messageOf(error))?.groups;
  return found && new Error(`${found['kind']} ${found['name']} is missing; \`orders topology\` declares it`);
}
