import type { ChannelModel } from 'amqplib';
import { messageOf } from '../domain/errors.js';
import type { Topology } from './topology.js';

/** What stands in the broker differs from what we declare; `message` says where, and what was declared before that. */
export class TopologyMismatch extends Error {
  override name = 'TopologyMismatch';

  constructor(differences: readonly string[], declared: readonly string[] = []) {
    const done = declared.length === 0 ? 'Nothing was changed.' : `Declared before that: ${declared.join(', ')}.`;
    super([...differences, `${done} ${REMEDY}`].join('\n'));
  }
}

const REMEDY =
  'Either set the configuration to what the broker has (ORDER_QUEUE_TYPE=classic for the queues of a legacy ' +
  'service), or drain and delete what differs and start again.';

/**
 * Declares exchanges, queues and bindings; those that are there already, with the same arguments, stay as they are.
 * All of them are compared first: where one differs, none is declared, so that what the message advises is still open.
 *
 * @throws {TopologyMismatch} naming each queue and exchange that differs, and both values
 */
export async function declareTopology(connection: ChannelModel, topology: Topology): Promise<void> {
  const { different } = await differencesIn(connection, topology);
  if (different.length > 0) throw new TopologyMismatch(different);
  const declared: string[] = [];
  const channel = await connection.createChannel();
  // The rejected declaration says it all; the channel's own event would be an uncaught exception.
  channel.on('error', () => undefined);
  try {
    for (const exchange of topology.exchanges) {
      await channel.assertExchange(exchange, 'direct', { durable: true });
      declared.push(exchange);
    }
    for (const { name, arguments: args } of topology.queues) {
      await channel.assertQueue(name, { durable: true, arguments: args });
      declared.push(name);
    }
    for (const { queue, exchange, key } of topology.bindings) await channel.bindQueue(queue, exchange, key);
  } catch (error) {
    // Another program has declared one differently since it was compared.
    const found = mismatch(error);
    throw found === undefined ? error : new TopologyMismatch([found], declared);
  }
  await channel.close();
}

/**
 * Compares what stands in the broker with the topology, and changes nothing: each queue and exchange is first looked
 * for, and only one that exists is declared again, which RabbitMQ answers with what differs. AMQP has no question for
 * bindings.
 *
 * @returns a line for each difference; none when all is as declared
 */
export async function compareTopology(connection: ChannelModel, topology: Topology): Promise<string[]> {
  return (await differencesIn(connection, topology)).all;
}

/** In the topology's order: `all` that is missing or differs, and of these the `different` ones alone. */
async function differencesIn(
  connection: ChannelModel,
  topology: Topology,
): Promise<{ readonly all: string[]; readonly different: string[] }> {
  const checks = [
    ...topology.exchanges.map((name) => async () => {
      await inChannel(connection, (channel) => channel.checkExchange(name));
      await inChannel(connection, (channel) => channel.assertExchange(name, 'direct', { durable: true }));
    }),
    ...topology.queues.map(({ name, arguments: args }) => async () => {
      await inChannel(connection, (channel) => channel.checkQueue(name));
      await inChannel(connection, (channel) => channel.assertQueue(name, { durable: true, arguments: args }));
    }),
  ];
  const [all, different]: [string[], string[]] = [[], []];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      const differs = mismatch(error);
      const line = differs ?? missing(error)?.message;
      if (line === undefined) throw error;
      all.push(line);
      if (differs !== undefined) different.push(differs);
    }
  }
  return { all, different };
}

type Channel = Awaited<ReturnType<ChannelModel['createChannel']>>;

/** A refused declaration closes its channel, so each one gets a channel of its own. */
async function inChannel(connection: ChannelModel, work: (channel: Channel) => Promise<unknown>): Promise<void> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  await work(channel);
  await channel.close();
}

const inequivalent =
  /inequivalent arg '(?<arg>[^']+)' for (?<kind>queue|exchange) '(?<name>[^']+)'.*?received (?<ours>.+?) but current is (?<theirs>.+?)"?$/s;

function mismatch(error: unknown): string | undefined {
  const found = inequivalent.exec(messageOf(error))?.groups;
  if (found === undefined) return undefined;
  const { arg, kind, name, ours, theirs } = found;
  return `${kind} ${name} was declared before with another ${arg}: here ${ours}, in the broker ${theirs}.`;
}

export function missing(error: unknown): Error | undefined {
  const found = /NOT_FOUND - no (?<kind>queue|exchange) '(?<name>[^']+)'/.exec(messageOf(error))?.groups;
  return found && new Error(`${found['kind']} ${found['name']} is missing; \`orders topology\` declares it`);
}
