import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DEVELOPMENT_MARK, isDevelopmentSecret } from '../config/development-secret.js';
import { readJsonFile, writeAtomically } from '../stack/json-file.js';
import { CommandError } from './command-error.js';

export interface DevelopmentSecrets {
  readonly PAYMENT_WEBHOOK_SECRET: string;
  readonly ADMIN_TOKEN: string;
  readonly PAYMENT_PROVIDER_TOKEN: string;
}

const secret = z.string().optional();
const secretsSchema = z.object({ PAYMENT_WEBHOOK_SECRET: secret, ADMIN_TOKEN: secret, PAYMENT_PROVIDER_TOKEN: secret });

/** The file of {@link developmentSecrets}. */
export const developmentSecretsFile = (dataDir: string): string => join(dataDir, 'development-secrets.json');

/** Made at the first start, in a file that only its owner can read. Each secret has a mark that production refuses. */
export function developmentSecrets(dataDir: string): DevelopmentSecrets {
  const path = developmentSecretsFile(dataDir);
  const stored = readStored(path);
  if (stored !== undefined) return stored;
  const bytes = Buffer.concat([Buffer.from(`${DEVELOPMENT_MARK}:`), randomBytes(25)]);
  const made = {
    PAYMENT_WEBHOOK_SECRET: `whsec_${bytes.toString('base64')}`,
    ADMIN_TOKEN: token(),
    PAYMENT_PROVIDER_TOKEN: token(),
  };
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeAtomically(path, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}

const token = (): string => `${DEVELOPMENT_MARK}-${randomBytes(24).toString('base64url')}`;

/** @returns undefined when the secrets have to be made, also where an earlier version made secrets without the mark */
function readStored(path: string): DevelopmentSecrets | undefined {
  const stored = readJsonFile(path, secretsSchema, () => {
    throw new CommandError(`${path} is damaged. Delete it: new secrets are made then.`);
  });
  if (stored === undefined) return undefined;
  const { PAYMENT_WEBHOOK_SECRET = '', ADMIN_TOKEN = '', PAYMENT_PROVIDER_TOKEN = '' } = stored;
  const areMarked = [ADMIN_TOKEN, PAYMENT_PROVIDER_TOKEN].every((token) => token.startsWith(DEVELOPMENT_MARK));
  if (!areMarked || !isDevelopmentSecret(PAYMENT_WEBHOOK_SECRET)) return undefined;
  return { PAYMENT_WEBHOOK_SECRET, ADMIN_TOKEN, PAYMENT_PROVIDER_TOKEN };
}
