import { styleText } from 'node:util';
import type { Endpoint } from '../domain/endpoint.js';
import type { EndpointOperations } from '../process/operate-endpoints.js';
import { counted } from './counted.js';
import { endpointInWords } from './endpoint-words.js';
import { type Output, sayKey } from './endpoints.js';

/** What `orders endpoints` does with one endpoint. */

/** @returns false when there is no such endpoint */
export const pauseCommand = (
  operations: EndpointOperations,
  endpointId: string,
  reason: string,
  output: Output,
): Promise<boolean> => changeCommand(operations, endpointId, output, () => operations.pause(endpointId, reason));

/** @returns false when there is no such endpoint */
export const resumeCommand = (
  operations: EndpointOperations,
  endpointId: string,
  { skipMissed, ...output }: Output & { readonly skipMissed: boolean },
): Promise<boolean> =>
  changeCommand(operations, endpointId, output, () => operations.resume(endpointId, { skipMissed }));

async function changeCommand(
  { find }: Pick<EndpointOperations, 'find'>,
  endpointId: string,
  { json, dryRun, say }: Output,
  change: () => Promise<Endpoint | undefined>,
): Promise<boolean> {
  const endpoint = await (dryRun ? find(endpointId) : change());
  if (endpoint === undefined) return sayUnknown(endpointId, { json, say });
  if (json) say(JSON.stringify({ dryRun, endpoint }, null, 2));
  else {
    if (dryRun) say('A dry run: nothing was changed.');
    for (const line of endpointInWords(endpoint)) say(line);
  }
  return true;
}

/** @returns false when there is no such endpoint */
export async function removeCommand(
  { find, remove }: EndpointOperations,
  endpointId: string,
  { json, dryRun, say }: Output,
): Promise<boolean> {
  const endpoint = await find(endpointId);
  if (endpoint === undefined) return sayUnknown(endpointId, { json, say });
  if (!dryRun) await remove(endpointId);
  if (json) say(JSON.stringify({ dryRun, endpoint }, null, 2));
  else if (dryRun) say(`A dry run: ${endpoint.url} would be removed, and ${endpoint.waiting} events that wait for it.`);
  else say(`endpoint ${endpointId} is removed. ${counted(endpoint.waiting, 'event')} waited for it.`);
  return true;
}

/** @returns false when the secret was not changed; the reason is printed */
export async function rotateCommand(
  { find, rotate }: EndpointOperations,
  endpointId: string,
  { json, dryRun, say }: Output,
): Promise<boolean> {
  const output = { json, dryRun, say };
  if (dryRun) return await changeCommand({ find }, endpointId, output, () => find(endpointId));
  const result = await rotate(endpointId);
  if (result.kind === 'unknown') return sayUnknown(endpointId, { json, say });
  if (json) say(JSON.stringify({ dryRun, ...result }, null, 2));
  else if (result.kind === 'too-many') say(`not rotated: ${result.keys} secrets sign already, each for a day.`);
  else {
    sayKey(result.endpoint, result.secret, say);
    say(`The old one signs too until ${result.oldUntil.toISOString()}.`);
  }
  return result.kind === 'rotated';
}

/** @returns false when the endpoint did not take the request */
export async function testCommand(
  { test }: EndpointOperations,
  endpointId: string,
  { json, say }: Output,
): Promise<boolean> {
  const result = await test(endpointId);
  if (result === undefined) return sayUnknown(endpointId, { json, say });
  if (json) say(JSON.stringify(result, null, 2));
  else say(result.taken ? `taken: answered ${result.status}` : styleText('red', `not taken: ${result.reason}`));
  return result.taken;
}

function sayUnknown(endpointId: string, { json, say }: Pick<Output, 'json' | 'say'>): false {
  const missing = `There is no endpoint ${endpointId}. To look for one: orders endpoints list`;
  say(json ? JSON.stringify({ error: missing }) : missing);
  return false;
}
