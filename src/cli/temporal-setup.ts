import { loadConfig } from '../config/config.js';
import { createClient } from '../temporal/client.js';
import { setUp, setupProblems } from '../temporal/setup.js';

/**
 * Sets up the namespace that `env` names for our processes, or with `check` only compares it.
 *
 * @returns false when something is still missing
 */
export async function temporalSetup(
  env: NodeJS.ProcessEnv,
  { check, say }: { readonly check: boolean; readonly say: (line: string) => void },
): Promise<boolean> {
  const config = loadConfig(env, ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE']);
  const namespace = config.TEMPORAL_NAMESPACE;
  const client = createClient({ address: config.TEMPORAL_ADDRESS, namespace, env });
  try {
    if (!check) await setUp(client, say);
    const problems = await setupProblems(client);
    for (const { what } of problems) say(check ? `${what}. To mend it: orders temporal setup` : what);
    if (problems.length === 0) say(`The namespace ${namespace} has all that the processes need.`);
    return problems.length === 0;
  } finally {
    await client.connection.close();
  }
}
