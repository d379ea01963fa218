import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEVELOPMENT_MARK, isDevelopmentSecret } from '../config/development-secret.js';
import { writeAtomically } from '../stack/process-lock.js';
import { CommandError } from './command-error.js';

export interface DevelopmentSecrets {
  readonly PAYMENT_WEBHOOK_SECRET: string;
  readonly ADMIN_TOKEN: string;
  readonly PAYMENT_PROVIDER_TOKEN: string;
}

/** Where {@link developmentSecrets} are kept. */
export const developmentSecretsFile = (dataDir: string): string => join(dataDir, 'development-secrets.json');

/** Made at the first start and kept for their owner alone. Each says what it is for, so that production refuses it. */
export function developmentSecrets(dataDir: string): DevelopmentSecrets {
  const path = developmentSecretsFile(dataDir);
  const kept = readKept(path);
  if (kept !== undefined) return kept;
  const secret = Buffer.concat([Buffer.from(`${DEVELOPMENT_MARK}:`), randomBytes(25)]);
  const made = {
    PAYMENT_WEBHOOK_SECRET: `whsec_${secret.toString('base64')}`,
    ADMIN_TOKEN: token(),
    PAYMENT_PROVIDER_TOKEN: token(),
  };
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeAtomically(path, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}

const token = (): string => `${DEVELOPMENT_MARK}-${randomBytes(24).toString('base64url')}`;

/** @returns undefined when they have to be made, also in the place of those of an earlier version, which were unmarked */
function readKept(path: string): DevelopmentSecrets | undefined {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<DevelopmentSecrets>;
    const { PAYMENT_WEBHOOK_SECRET = '', ADMIN_TOKEN = '', PAYMENT_PROVIDER_TOKEN = '' } = kept;
    const areMarked = [ADMIN_TOKEN, PAYMENT_PROVIDER_TOKEN].every((one) => one.startsWith(DEVELOPMENT_MARK));
    if (!areMarked || !isDevelopmentSecret(PAYMENT_WEBHOOK_SECRET)) return undefined;
    return { PAYMENT_WEBHOOK_SECRET, ADMIN_TOKEN, PAYMENT_PROVIDER_TOKEN };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError)
      throw new CommandError(`${path} is not JSON. Delete it: new secrets are made then.`);
    throw error;
  }
}
