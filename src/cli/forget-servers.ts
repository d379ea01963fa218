import { loadConfig } from '../config/config.js';
import type { Whose } from '../db/forget/orders-to-forget.js';
import { createClient } from '../temporal/client.js';
import { withDeadLetters } from './dlq.js';
import { forgetDeadLetters, forgetWorkflows } from './forget-elsewhere.js';
import { type ForgetOptions, forgetCommand } from './orders-forget.js';
import { requireSchema } from './require-schema.js';
import { withMysql } from './with-mysql.js';

export const forgetVariables = ['MYSQL_URL', 'AMQP_URL', 'TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE'] as const;

/** Runs `orders forget` on the servers that `env` names. @returns whether nothing is left */
export async function forgetOn(env: NodeJS.ProcessEnv, whose: Whose, options: ForgetOptions): Promise<boolean> {
  const config = loadConfig(env, forgetVariables);
  const temporal = createClient({ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE, env });
  try {
    return await withMysql(config.MYSQL_URL, 2, async (pool) => {
      await requireSchema(pool);
      const elsewhere = {
        deadLetters: () => withDeadLetters(env, (letters) => forgetDeadLetters(pool, letters)),
        workflows: (done: (orders: number) => void) => forgetWorkflows(pool, temporal, done),
      };
      return await forgetCommand(pool, whose, elsewhere, options);
    });
  } finally {
    await temporal.connection.close();
  }
}
