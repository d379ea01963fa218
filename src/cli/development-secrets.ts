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
  readonly CHECKOUT_TOKEN: string;
  readonly PAYMENT_PROVIDER_TOKEN: string;
}

const secret = z.string().optional();
const secretsSchema = z.object({
  PAYMENT_WEBHOOK_SECRET: secret,
  ADMIN_TOKEN: secret,
  CHECKOUT_TOKEN: secret,
  PAYMENT_PROVIDER_TOKEN: secret,
});

/** The file of {@link developmentSecrets}. */
export const developmentSecretsFile = (dataDir: string): string => join(dataDir, 'development-secrets.json');

/**
 * Made at the first start, in a file that only its owner can read. Each secret has a mark that production refuses. A
 * secret that an earlier version did not make, or made without the mark, is added.
 */
export function developmentSecrets(dataDir: string): DevelopmentSecrets {
  const path = developmentSecretsFile(dataDir);
  const stored = readStored(path);
  const known = (name: keyof DevelopmentSecrets, isMarked: (secret: string) => boolean, make: () => string): string => {
    const secret = stored[name];
    return secret !== undefined && isMarked(secret) ? secret : make();
  };
  const secrets: DevelopmentSecrets = {
    PAYMENT_WEBHOOK_SECRET: known('PAYMENT_WEBHOOK_SECRET', isDevelopmentSecret, webhookSecret),
    ADMIN_TOKEN: known('ADMIN_TOKEN', isDevelopmentToken, token),
    CHECKOUT_TOKEN: known('CHECKOUT_TOKEN', isDevelopmentToken, token),
    PAYMENT_PROVIDER_TOKEN: known('PAYMENT_PROVIDER_TOKEN', isDevelopmentToken, token),
  };
  if (Object.entries(secrets).every(([name, secret]) => stored[name as keyof DevelopmentSecrets] === secret)) {
    return secrets;
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeAtomically(path, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

/**
 * The environment with the secrets that are not set. In development anyone may buy, so that the first `curl` needs no
 * token, unless the developer has set the token.
 */
export const withDevelopmentSecrets = (secrets: DevelopmentSecrets, set: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...secrets,
  ...(set.CHECKOUT_TOKEN === undefined && { CHECKOUT_OPEN: 'true' }),
  ...set,
});

const token = (): string => `${DEVELOPMENT_MARK}-${randomBytes(24).toString('base64url')}`;
const isDevelopmentToken = (text: string): boolean => text.startsWith(DEVELOPMENT_MARK);
const webhookSecret = (): string =>
  `whsec_${Buffer.concat([Buffer.from(`${DEVELOPMENT_MARK}:`), randomBytes(25)]).toString('base64')}`;

const readStored = (path: string): z.infer<typeof secretsSchema> =>
  readJsonFile(path, secretsSchema, () => {
    throw new CommandError(`${path} is damaged. Delete it: new secrets are made then.`);
  }) ?? {};
