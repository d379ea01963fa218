import { loadConfig } from '../config/config.js';
import { allowsPrivate } from '../config/private-endpoints.js';
import type { AddResult, AskedEndpoint, Endpoint } from '../domain/endpoint.js';
import { type EndpointOperations, operateEndpoints } from '../process/operate-endpoints.js';
import { counted } from './counted.js';
import { endpointInWords } from './endpoint-words.js';
import { requireSchema } from './require-schema.js';
import { withMysql } from './with-mysql.js';

export interface Output {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly say: (line: string) => void;
}

/** Opens the database that `env` names, for one command. */
export async function withEndpoints<T>(
  env: NodeJS.ProcessEnv,
  work: (operations: EndpointOperations) => Promise<T>,
): Promise<T> {
  const config = loadConfig(env, ['MYSQL_URL', 'ENDPOINTS_ALLOW_PRIVATE', 'NODE_ENV']);
  return await withMysql(config.MYSQL_URL, 1, async (pool) => {
    await requireSchema(pool);
    return await work(operateEndpoints(pool, { allowPrivate: allowsPrivate(config) }));
  });
}

/** @returns false when the endpoint was not added; the reason is printed */
export async function addCommand(
  operations: EndpointOperations,
  asked: AskedEndpoint,
  { json, dryRun, say }: Output,
): Promise<boolean> {
  const result = dryRun ? await operations.checkAdd(asked) : await operations.add(asked);
  const isDone = result === undefined || result.kind === 'added';
  if (json) say(JSON.stringify({ dryRun, ...(result ?? { kind: 'would-be-added', ...asked }) }, null, 2));
  else if (result === undefined)
    say(`A dry run: ${asked.url} would get ${asked.events.join(', ')}. Nothing was changed.`);
  else if (result.kind === 'added') sayAdded(result, say);
  else say(`not added: ${refusalInWords(result)}`);
  return isDone;
}

function sayAdded({ endpoint, secret }: AddResult & { kind: 'added' }, say: Output['say']): void {
  for (const line of endpointInWords(endpoint)) say(line);
  sayKey(endpoint, secret, say);
}

export function sayKey({ publicKey }: Endpoint, secret: string | null, say: Output['say']): void {
  if (secret === null) say(`The receiver verifies with this public key: ${publicKey}`);
  else say(`The receiver verifies with this secret, which is shown only now: ${secret}`);
}

function refusalInWords(result: Exclude<AddResult, { kind: 'added' }>): string {
  return result.kind === 'url-used'
    ? `this address has an endpoint already, ${result.endpointId}. orders endpoints remove removes it.`
    : `${result.problem}.`;
}

export async function listCommand(operations: EndpointOperations, { json, say }: Output): Promise<void> {
  const endpoints = await operations.list();
  if (json) return say(JSON.stringify(endpoints, null, 2));
  for (const endpoint of endpoints) for (const line of endpointInWords(endpoint)) say(line);
  say(`${counted(endpoints.length, 'endpoint')}.`);
}
