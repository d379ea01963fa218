import { styleText } from 'node:util';
import { type DeadLetter, type DeadLetters, openDeadLetters } from '../amqp/dead-letters.js';
import { loadConfig } from '../config/config.js';
import { orderIdFrom } from '../domain/order-id.js';
import { counted } from './counted.js';
import { warn } from './warn.js';
import { withBroker } from './with-broker.js';

type Say = (line: string) => void;

/** Opens the dead-letter queue of the broker that `env` names, for one command. */
export async function withDeadLetters<T>(
  env: NodeJS.ProcessEnv,
  work: (letters: DeadLetters) => Promise<T>,
): Promise<T> {
  const { AMQP_URL } = loadConfig(env, ['AMQP_URL']);
  return await withBroker(AMQP_URL, (connection) => work(openDeadLetters(connection, warn)));
}

export async function listDeadLetters(letters: DeadLetters, { json, say }: { json: boolean; say: Say }): Promise<void> {
  const all = await letters.list();
  if (json) return say(JSON.stringify(all.map(plain), null, 2));
  if (all.length === 0) return say('The dead-letter queue is empty.');
  for (const letter of all) {
    const { id, queue, attempts, redrives, lastFailedAt = 'unknown', reason = 'no reason was left' } = letter;
    const redriven = redrives > 0 ? `, redriven ${redrives}×` : '';
    say(`${styleText('bold', id)}  ${queue}, ${counted(attempts, 'attempt')}${redriven}, last ${lastFailedAt}`);
    say(`    ${reason}`);
  }
  say(`${counted(all.length, 'dead letter')}. Look at one: orders dlq show ID; send it back: orders dlq redrive ID`);
}

/** @returns false when there is no such letter */
export async function showDeadLetter(letters: DeadLetters, id: string, say: Say): Promise<boolean> {
  const letter = (await letters.list()).find((candidate) => candidate.id === orderIdFrom(id));
  if (letter === undefined) {
    say(`There is no dead letter ${id}. Those that are there: orders dlq list`);
    return false;
  }
  const { body, ...rest } = plain(letter);
  for (const [name, value] of Object.entries(rest)) say(`${`${name}:`.padEnd(16)}${value}`);
  say(body);
  return true;
}

/**
 * Prints each letter as it moves, so that a redrive that fails half-way has printed all that it sent.
 *
 * @param ids the letters to send back; all when undefined
 * @returns false when a requested id is not there
 */
export async function redriveDeadLetters(
  letters: DeadLetters,
  ids: readonly string[] | undefined,
  say: Say,
): Promise<boolean> {
  const moved = await letters.redrive(ids?.map(orderIdFrom), ({ id, queue }) => say(`redriven ${id} (${queue})`));
  return reportMissing('redriven', ids ?? [], moved, say);
}

/** @returns false when a requested id is not there */
export async function discardDeadLetters(letters: DeadLetters, ids: readonly string[], say: Say): Promise<boolean> {
  const moved = await letters.discard(ids.map(orderIdFrom), ({ id, queue }) => say(`discarded ${id} (${queue})`));
  return reportMissing('discarded', ids, moved, say);
}

function reportMissing(what: string, ids: readonly string[], moved: readonly DeadLetter[], say: Say): boolean {
  const missing = ids.filter((id) => !moved.some((letter) => letter.id === orderIdFrom(id)));
  for (const id of missing) say(`There is no dead letter ${id}.`);
  say(`${moved.length} ${what}.`);
  return missing.length === 0;
}

const plain = ({ body, ...letter }: DeadLetter) => ({ ...letter, body: body.toString('utf8') });
