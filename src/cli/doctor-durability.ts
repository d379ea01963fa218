import { ConfigError, loadConfig } from '../config/config.js';
import { createPool } from '../db/driver/pool.js';
import { readServerVariables } from '../db/driver/server-variables.js';
import { isUnavailable } from '../domain/errors.js';
import { inWords, readOnlyIn, risksIn, type ServerVariables } from '../domain/risks.js';
import type { Finding } from './doctor-finding.js';

const what = 'durability';

/**
 * A line for each risk of the database's settings, and a line for a wrong ACCEPTED_RISKS.
 *
 * @param mysqlUrl a well-formed address; undefined where the database itself is the finding
 */
export async function diagnoseDurability(mysqlUrl: string | undefined, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { accepted, wrong } = acceptedIn(env);
  const variables = mysqlUrl === undefined ? undefined : await variablesOf(mysqlUrl);
  return [...wrong, ...(variables ? risksOf(variables, accepted) : [])];
}

function risksOf(variables: ServerVariables, accepted: ReadonlySet<string>): Finding[] {
  const readOnly = readOnlyIn(variables);
  if (readOnly) {
    return [{ what, found: `the database can only be read (${readOnly})`, mend: 'let MYSQL_URL name the primary' }];
  }
  const risks = risksIn(variables);
  if (risks.length === 0) return [{ what, found: 'a commit survives a power failure' }];
  return risks.map((risk) =>
    accepted.has(risk.name)
      ? { what, found: `${inWords(risk)} (accepted)` }
      : { what, found: inWords(risk), mend: `${risk.mend}, or accept it: ACCEPTED_RISKS=${risk.name}` },
  );
}

async function variablesOf(url: string): Promise<ServerVariables | undefined> {
  const pool = createPool({ url, size: 1 });
  try {
    return await readServerVariables(pool);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return undefined;
  } finally {
    await pool.end();
  }
}

function acceptedIn(env: NodeJS.ProcessEnv): { accepted: ReadonlySet<string>; wrong: Finding[] } {
  try {
    return { accepted: new Set(loadConfig(env, ['ACCEPTED_RISKS']).ACCEPTED_RISKS), wrong: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { accepted: new Set(), wrong: [{ what, found: error.message, mend: 'correct it, or unset it' }] };
  }
}
