import type { Config } from '../config/config.js';
import type { Pool } from '../db/driver/pool.js';
import { readServerVariables } from '../db/driver/server-variables.js';
import { NotSetUp } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { inWords, readOnlyIn, risksIn } from '../domain/risks.js';
import { StartRefused } from './start-refused.js';

export type DurabilityConfig = Pick<Config, 'NODE_ENV' | 'ACCEPTED_RISKS'>;

/**
 * Checks the database's settings on which the durability of a 201 depends. In production a process refuses to start
 * with settings that can lose data, unless ACCEPTED_RISKS names them. Elsewhere the process logs them.
 *
 * @throws {NotSetUp} when the server is read-only, which a failover may end
 * @throws {StartRefused} naming each risk that is not accepted, the reason, and what mends it
 */
export async function checkDurability(pool: Pool, config: DurabilityConfig, log: Log): Promise<void> {
  const variables = await readServerVariables(pool);
  const readOnly = readOnlyIn(variables);
  if (readOnly) {
    throw new NotSetUp('the database', `it can only be read (${readOnly})`, 'let MYSQL_URL name the primary');
  }
  const accepted = new Set<string>(config.ACCEPTED_RISKS);
  const risks = risksIn(variables).filter(({ name }) => !accepted.has(name));
  if (config.NODE_ENV === 'production' && risks.length > 0) {
    const lines = risks.map((risk) => `  ${inWords(risk)}. To mend it: ${risk.mend}`);
    const names = risks.map(({ name }) => name).join(',');
    throw new StartRefused(
      `The database can lose what was promised:\n${lines.join('\n')}\nTo start all the same: ACCEPTED_RISKS=${names}`,
    );
  }
  for (const risk of risks) log.warn({ risk: risk.name }, `the database can lose what was promised: ${inWords(risk)}`);
}
