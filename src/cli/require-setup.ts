import { loadConfig } from '../config/config.js';
import { createClient } from '../temporal/client.js';
import { lacksOf, notSetUp } from '../temporal/setup.js';
import { topologyCommand } from './topology.js';

/**
 * Checks the broker and Temporal at once for a person at a terminal. The processes themselves would wait and retry.
 *
 * @throws {NotSetUp} naming the queue that differs, or what the namespace lacks, and what mends it
 */
export async function requireSetup(env: NodeJS.ProcessEnv): Promise<void> {
  await topologyCommand(env, { check: false, say: () => undefined });
  const config = loadConfig(env, ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE']);
  const client = createClient({ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE, env });
  try {
    const lacks = (await lacksOf(client)).filter(({ blocks }) => blocks);
    if (lacks.length > 0) throw notSetUp(lacks);
  } finally {
    await client.connection.close();
  }
}
