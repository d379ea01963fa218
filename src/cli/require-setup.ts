import { loadConfig } from '../config/config.js';
import { createClient } from '../temporal/client.js';
import { notSetUp, setUp, setupProblems } from '../temporal/setup.js';
import { topologyCommand } from './topology.js';

interface SetupOptions {
  readonly ownTemporal: boolean;
  /** Gets a line for each addition. */
  readonly say: (line: string) => void;
}

/**
 * Checks the broker and Temporal at once for a person at a terminal. The processes themselves would wait and retry.
 *
 * @param options.ownTemporal the server is private to the project, so what is missing is added: an earlier version, with
 *   fewer search attributes, may have made the server's data
 * @throws {NotSetUp} naming the queue that differs, or what is missing in the namespace, and what mends it
 */
export async function requireSetup(env: NodeJS.ProcessEnv, options: SetupOptions): Promise<void> {
  await topologyCommand(env, { check: false, say: () => undefined });
  const config = loadConfig(env, ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE']);
  const client = createClient({ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE, env });
  try {
    if (options.ownTemporal) await setUp(client, options.say);
    const problems = (await setupProblems(client)).filter(({ blocks }) => blocks);
    if (problems.length > 0) throw notSetUp(problems);
  } finally {
    await client.connection.close();
  }
}
