import { loadConfig } from '../config/config.js';
import { createClient } from '../temporal/client.js';
import { notSetUp, setupProblems } from '../temporal/setup.js';
import { topologyCommand } from './topology.js';

/**
 * Checks the broker and Temporal at once for a person at a terminal. The processes themselves would wait and retry.
 *
 * @throws {NotSetUp} naming the queue that differs, or what is missing in the namespace, and what mends it
 */
export async function requireSetup(env: NodeJS.ProcessEnv): Promise<void> {
  await topologyCommand(env, { check: false, say: () => undefined });
  const config = loadConfig(env, ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE']);
  const client = createClient({ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE, env });
  try {
    const problems = (await setupProblems(client)).filter(({ blocks }) => blocks);
    if (problems.length > 0) throw notSetUp(problems);
  } finally {
    await client.connection.close();
  }
}
