import type { ChannelModel } from 'amqplib';
import { messageOf } from '../domain/errors.js';
import type { Topology } from './topology.js';

/** What stands in the broker differs from what we declare. Nothing was changed; `message` says what to do. */
export class TopologyMismatch extends Error {
  override name = 'TopologyMismatch';
}

/**
 * Declares exchanges, queues and bindings; those that are there already, with the same arguments, stay as they are.
 *
 * @throws {TopologyMismatch} naming the queue or exchange, and both values
 */
export async function declareTopology(connection: ChannelModel, topology: Topology): Promise<void> {
  const channel = await connection.createChannel();
  // The rejected declaration says it all; the channel's own event would be an uncaught exception.
  channel.on('error', () => undefined);
  try {
    for (const exchange of topology.exchanges) await channel.assertExchange(exchange, 'direct', { durable: true });
    for (const { name, arguments: args } of topology.queues) {
      await channel.assertQueue(name, { durable: true, arguments: args });
    }
    for (const { queue, exchange, key } of topology.bindings) await channel.bindQueue(queue, exchange, key);
  } catch (error) {
    throw mismatch(error) ?? error;
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
  const differences: string[] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      const known = mismatch(error) ?? missing(error);
      if (known === undefined) throw error;
      differences.push(known.message);
    }
  }
  return differences;
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

function mismatch(error: unknown): TopologyMismatch | undefined {
  const found = inequivalent.exec(messageOf(error))?.groups;
  if (found === undefined) return undefined;
  const { arg, kind, name, ours, theirs } = found;
  return new TopologyMismatch(
    `${kind} ${name} was declared before with another ${arg}: here ${ours}, in the broker ${theirs}. ` +
      `Nothing was changed. Either set the configuration to what the broker has (ORDER_QUEUE_TYPE=classic for a ` +
      `queue of a legacy service), or drain and delete the ${kind} and start again.`,
  );
}

export function missing(error: unknown): Error | undefined {
  const found = /NOT_FOUND - no (?<kind>queue|exchange) '(?<name>[^']+)'/.exec(messageOf(error))?.groups;
  return found && new Error(`${found['kind']} ${found['name']} is missing; \`orders topology\` declares it`);
}
