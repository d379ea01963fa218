import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile, writeAtomically } from './json-file.js';
import { StackError } from './stack-error.js';

/** Passwords of the private servers, made once and readable only for their owner. */
export interface StackSecrets {
  readonly mysql: string;
  readonly mysqlRoot: string;
  readonly rabbitmq: string;
}

const password = z.string().min(1).optional();
const secretsSchema = z.object({ mysql: password, mysqlRoot: password, rabbitmq: password });
const names = ['mysql', 'mysqlRoot', 'rabbitmq'] as const;

export function loadSecrets(dataDir: string): StackSecrets {
  const path = join(dataDir, 'secrets.json');
  const stored = readJsonFile(path, secretsSchema, () => damaged(path, join(dataDir, 'rabbitmq'))) ?? {};
  const made = Object.fromEntries(names.map((name) => [name, stored[name] ?? randomBytes(18).toString('hex')]));
  const secrets = made as unknown as StackSecrets;
  if (names.some((name) => stored[name] === undefined)) writeAtomically(path, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

/** MySQL accepts a new password at each start; RabbitMQ keeps the password that its data was made with. */
function damaged(path: string, brokerData: string): never {
  throw new StackError(
    `${path} is damaged. It holds the passwords of the private servers.\n` +
      `Delete it, and RabbitMQ's data with it, which belongs to the old password: rm -r '${path}' '${brokerData}'\n` +
      'New passwords are made then. The orders stay in MySQL, and what waited in a queue is started again from there.',
  );
}
