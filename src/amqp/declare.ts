import type { ChannelModel } from 'amqplib';
import { NotSetUp } from '../domain/errors.js';
import type { ManagementApi } from './management-api.js';
import { inChannel, mismatch, readStanding, refused } from './standing.js';
import type { Topology } from './topology.js';

/** What stands in the broker differs from what we declare; `message` says where, and what was declared before that. */
export class TopologyMismatch extends NotSetUp {
  override name = 'TopologyMismatch';

  constructor(differences: readonly string[], declared: readonly string[] = []) {
    const done = declared.length === 0 ? 'Nothing was changed' : `Declared before that: ${declared.join(', ')}`;
    super('RabbitMQ', [...differences, done].join('\n'), REMEDY);
  }
}

const REMEDY =
  'either set the configuration to what the broker has (ORDER_QUEUE_TYPE=classic for the queues of a legacy ' +
  'service), or drain and delete what differs and start again';

/**
 * Declares exchanges, queues and bindings; those that are there already, with the same arguments, stay as they are.
 * All of them are compared first: where one differs, none is declared, so that what the message advises is still open.
 *
 * An account without the right to configure declares nothing: where all is there, that is enough.
 *
 * @param api compares what this account may not configure
 * @returns what is there and could not be compared for want of that right
 * @throws {TopologyMismatch} naming each queue and exchange that differs, and both values
 * @throws {NotSetUp} naming what is missing and this account may not declare
 */
export async function declareTopology(
  connection: ChannelModel,
  topology: Topology,
  api?: ManagementApi,
): Promise<readonly string[]> {
  const { missing, different, uncompared } = await readStanding(connection, topology, api);
  if (different.length > 0) throw new TopologyMismatch(different);
  const [declared, forbidden]: [string[], string[]] = [[], []];
  for (const { name, declare } of missing) {
    try {
      await inChannel(connection, declare);
      declared.push(name);
    } catch (error) {
      // Another program has declared one differently since it was compared.
      const found = mismatch(error);
      if (found !== undefined) throw new TopologyMismatch([found], declared);
      if (refused(error) === undefined) throw error;
      forbidden.push(name);
    }
  }
  if (forbidden.length > 0) {
    const lacks = `${forbidden.join(', ')} missing, and this account may not declare what is missing`;
    throw new NotSetUp('RabbitMQ', lacks, 'orders topology, with an account that has the right to configure');
  }
  return (await bind(connection, topology)) ? uncompared : [...uncompared, 'the bindings'];
}

/** False where this account may not bind. */
async function bind(connection: ChannelModel, { bindings }: Topology): Promise<boolean> {
  try {
    await inChannel(connection, async (channel) => {
      for (const { queue, exchange, key } of bindings) await channel.bindQueue(queue, exchange, key);
    });
    return true;
  } catch (error) {
    if (refused(error) === undefined) throw error;
    return false;
  }
}
