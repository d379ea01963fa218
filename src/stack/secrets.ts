import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from './process-lock.js';

/** Passwords of the private servers, made once and kept readable for their owner alone. */
export interface StackSecrets {
  readonly mysql: string;
  readonly mysqlRoot: string;
  readonly rabbitmq: string;
}

const names = ['mysql', 'mysqlRoot', 'rabbitmq'] as const;

export function loadSecrets(dataDir: string): StackSecrets {
  const path = join(dataDir, 'secrets.json');
  let kept: Partial<StackSecrets> = {};
  try {
    kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<StackSecrets>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = Object.fromEntries(names.map((name) => [name, kept[name] ?? randomBytes(18).toString('hex')]));
  const secrets = made as unknown as StackSecrets;
  if (names.some((name) => kept[name] === undefined)) writeAtomically(path, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}
