import type { z } from 'zod';
import { productionRefusals, requiredBeside, requiredInProduction } from './production-refusals.js';
import { temporalProblems } from './temporal-settings.js';
import { bothOrNeither, type Config, listeners, type Name, variables } from './variables.js';
import { aboveMaximum } from './windows.js';

export { secretsIn } from './secrets-in.js';
export { type Config, variableNames } from './variables.js';

/**
 * Only this file reads the variables of variables.ts. Every process calls {@link loadConfig} once and passes the values
 * to its parts. The Temporal SDK reads its own variables, and `ORDERS_…` belongs to the launcher and the private servers.
 */

/** The environment is wrong. `message` has a line for each variable: its name, the problem and an example. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Reads and checks only the variables that a process needs, so that the worker does not need the API's secrets.
 *
 * @throws {ConfigError} naming every variable that is missing, wrong or not for production, with an example of each and
 *   without any secret
 */
export function loadConfig<K extends Name>(env: NodeJS.ProcessEnv, names: readonly K[]): Pick<Config, K> {
  const values: Partial<Record<Name, unknown>> = {};
  const problems: string[] = [];
  // NODE_ENV is always checked: with a misspelled `production` the checks for production would not run.
  for (const name of new Set<Name>(['NODE_ENV', ...names])) {
    const { schema, example } = variables[name];
    const text = env[name]?.trim();
    const result = schema.safeParse(text === '' ? undefined : text);
    const problem = result.success ? refusedInProduction(env, name, names) : problemOf(text, result.error);
    if (result.success) values[name] = result.data;
    if (problem !== undefined) problems.push(line(name, problem, example));
  }
  if (shareAddress(values)) {
    const [, first] = listeners.first;
    const [, second] = listeners.second;
    problems.push(
      line(second, `is ${values[second]}, as ${first} is: each listener needs its own`, variables[second].example),
    );
  }
  for (const { name, problem, example } of aboveMaximum(values)) problems.push(line(name, problem, example));
  if (names.includes('TEMPORAL_ADDRESS' as K)) {
    for (const { name, problem, example } of temporalProblems(env)) problems.push(line(name, problem, example));
  }
  for (const pair of bothOrNeither.filter((all) => all.every((name) => names.includes(name as K)))) {
    const [missing, ...others] = pair.filter((name) => !env[name]?.trim());
    if (missing === undefined || others.length > 0) continue;
    const { example } = variables[missing];
    problems.push(line(missing, `is missing: ${pair.join(' and ')} go together`, example));
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return values as Pick<Config, K>;
}

const line = (name: string, problem: string, example: string): string =>
  `${name} ${problem}. Example: ${name}=${JSON.stringify(example)}`;

/** Of a variable that only some of the processes can do without. */
export const missing = (name: Name): ConfigError => new ConfigError(line(name, 'is missing', variables[name].example));

const everywhere: readonly unknown[] = ['0.0.0.0', '::'];

/** A listener on every address shares its port with a listener on one of them. Port 0 is any free port. */
function shareAddress(values: Partial<Record<Name, unknown>>): boolean {
  const [host, port, otherHost, otherPort] = [...listeners.first, ...listeners.second].map((name) => values[name]);
  if (port === undefined || port === 0 || port !== otherPort) return false;
  return host === otherHost || everywhere.includes(host) || everywhere.includes(otherHost);
}

const problemOf = (text: string | undefined, error: z.ZodError): string =>
  text ? (error.issues[0]?.message ?? 'is not valid') : 'is missing';

function refusedInProduction(env: NodeJS.ProcessEnv, name: Name, names: readonly Name[]): string | undefined {
  const text = env[name]?.trim();
  if (env.NODE_ENV?.trim() !== 'production') return undefined;
  if (!text) return missingInProduction(env, name, names);
  const problem = productionRefusals[name]?.(text);
  return problem && `${problem}, which NODE_ENV=production refuses`;
}

function missingInProduction(env: NodeJS.ProcessEnv, name: Name, names: readonly Name[]): string | undefined {
  const beside = requiredBeside.get(name);
  if (beside !== undefined && names.includes(beside) && !env[beside]?.trim()) return undefined;
  const otherwise = requiredInProduction.get(name);
  const [other = '', value] = otherwise?.split('=') ?? [];
  const isOptional = !requiredInProduction.has(name) || (otherwise !== undefined && env[other]?.trim() === value);
  if (isOptional) return undefined;
  return `is missing, and NODE_ENV=production requires it${otherwise ? ` or ${otherwise}` : ''}`;
}
