import type { ChannelModel } from 'amqplib';
import { NotSetUp } from '../domain/errors.js';
import { compareTopology, inChannel, mismatch, refused } from './compare-topology.js';
import type { ManagementApi } from './management-api.js';
import type { Topology } from './topology.js';

/** The broker's topology differs from ours. `message` names each difference, and what was declared before the error. */
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
 * Declares exchanges, queues and bindings. Those that exist with the same arguments stay as they are. All of them are
 * compared before the first is declared: when one differs, none is declared, and every remedy of the message is
 * possible.
 *
 * An account without the right to configure declares nothing. The call succeeds when the whole topology exists.
 *
 * @param api compares the entities that this account may not configure
 * @returns the entities that exist and that this account could not compare
 * @throws {TopologyMismatch} names each queue and exchange that differs, and both values
 * @throws {NotSetUp} names the missing entities that this account may not declare
 */
export async function declareTopology(
  connection: ChannelModel,
  topology: Topology,
  api?: ManagementApi,
): Promise<readonly string[]> {
  const { missing, different, uncompared } = await compareTopology(connection, topology, api);
  if (different.length > 0) throw new TopologyMismatch(different);
  const [declared, forbidden]: [string[], string[]] = [[], []];
  for (const { name, declare } of missing) {
    try {
      await inChannel(connection, declare);
      declared.push(name);
    } catch (error) {
      // Another process has declared this entity with other arguments after the comparison.
      const found = mismatch(error);
      if (found !== undefined) throw new TopologyMismatch([found], declared);
      if (refused(error) === undefined) throw error;
      forbidden.push(name);
    }
  }
  if (forbidden.length > 0) {
    const problem = `${forbidden.join(', ')} missing, and this account may not declare what is missing`;
    throw new NotSetUp('RabbitMQ', problem, 'orders topology, with an account that has the right to configure');
  }
  return (await bind(connection, topology)) ? uncompared : [...uncompared, 'the bindings'];
}

/** @returns false when this account may not bind */
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
