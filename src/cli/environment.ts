import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackAddresses } from '../stack/index.js';

/** The variables that tell our processes where a stack's servers are. */
export const variablesOf = (addresses: StackAddresses): Record<string, string> => ({
  MYSQL_URL: addresses.mysqlUrl,
  AMQP_URL: addresses.amqpUrl,
  ...(addresses.rabbitmqApiUrl && { RABBITMQ_API_URL: addresses.rabbitmqApiUrl }),
  TEMPORAL_ADDRESS: addresses.temporalAddress,
  TEMPORAL_NAMESPACE: addresses.temporalNamespace,
});

/** What the caller set wins; what it left empty does not. */
export const given = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));

/** Where {@link developmentSecrets} are kept. */
export const developmentSecretsFile = (dataDir: string): string => join(dataDir, 'development-secrets.json');

export interface DevelopmentSecrets {
  readonly PAYMENT_WEBHOOK_SECRET: string;
  readonly ADMIN_TOKEN: string;
  readonly PAYMENT_PROVIDER_TOKEN: string;
}

/**
 * Secrets for development, made at the first start and kept for their owner alone. Production gives its own. One that
 * a file of an earlier version lacks is made and added.
 */
export function developmentSecrets(dataDir: string): DevelopmentSecrets {
  const path = developmentSecretsFile(dataDir);
  mkdirSync(dataDir, { recursive: true });
  const made: DevelopmentSecrets = {
    PAYMENT_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString('base64')}`,
    ADMIN_TOKEN: randomBytes(24).toString('base64url'),
    PAYMENT_PROVIDER_TOKEN: randomBytes(24).toString('base64url'),
  };
  const write = (secrets: DevelopmentSecrets, flag: 'w' | 'wx'): DevelopmentSecrets => {
    writeFileSync(path, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag });
    return secrets;
  };
  try {
    return write(made, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<DevelopmentSecrets>;
    const isWhole = Object.keys(made).every((name) => name in kept);
    return isWhole ? (kept as DevelopmentSecrets) : write({ ...made, ...kept }, 'w');
  }
}
