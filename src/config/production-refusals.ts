import type { Name } from './variables.js';

/**
 * Values that are accepted on a developer's machine only. Each check returns what is wrong with a value. The text holds
 * no part of the value.
 */

/** From docker-compose.yml, .env.example, the README, the defaults of brokers and databases, and tutorials. */
const knownPasswords = new Set([
  '123456',
  'admin',
  'changeme',
  'guest',
  'orders',
  'password',
  'root',
  'secret',
  'test',
]);
const knownSecrets = new Set([
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  'whsec_abc123',
  'sk_live_abc123',
  'a-long-random-string-of-letters',
  'another-long-random-string',
  'one-more-long-random-string',
]);
const marked = /development-only|example/i;

/** The least that https://www.standardwebhooks.com allows. */
const WEBHOOK_SECRET_BYTES = 24;
/** 24 characters of base64 are 18 random bytes, which no attacker can guess. */
const TOKEN_LENGTH = 24;

const isKnownPassword = (password: string): boolean => knownPasswords.has(password) || marked.test(password);

function login(url: string): { readonly user: string; readonly password: string } {
  const { username, password } = new URL(url);
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function database(url: string): string | undefined {
  const { user, password } = login(url);
  if (user === '') return 'names no user';
  if (password === '') return user === 'root' ? 'logs in as root without a password' : 'has no password';
  return isKnownPassword(password) ? 'has a password that is known from the documentation' : undefined;
}

function broker(url: string): string | undefined {
  const { user, password } = login(url);
  if (user === '') return "names no user, so that the broker's default guest would log in";
  if (user === 'guest') return 'logs in as guest, the default of every broker';
  if (password === '') return 'has no password';
  return isKnownPassword(password) ? 'has a password that is known from the documentation' : undefined;
}

function webhookSecrets(text: string): string | undefined {
  for (const secret of text.split(/\s+/).filter(Boolean)) {
    const bytes = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    if (knownSecrets.has(secret) || marked.test(bytes.toString())) return 'is known from the documentation';
    if (bytes.length < WEBHOOK_SECRET_BYTES) return `is shorter than ${WEBHOOK_SECRET_BYTES} bytes`;
  }
  return undefined;
}

function bearerToken(token: string): string | undefined {
  if (knownSecrets.has(token) || marked.test(token)) return 'is known from the documentation';
  if (token.length < TOKEN_LENGTH) return `is shorter than ${TOKEN_LENGTH} characters`;
  return new Set(token).size < 10 ? 'repeats a few characters' : undefined;
}

const bearerTokens = (text: string): string | undefined => text.split(/\s+/).map(bearerToken).find(Boolean);

const stripe = (text: string): string | undefined =>
  text.split(/\s+/).some((secret) => knownSecrets.has(secret)) ? 'is known from the documentation' : undefined;

/** The check of each variable. It runs only with `NODE_ENV=production`, and only for a value that fits its schema. */
export const productionRefusals: Readonly<Record<string, ((value: string) => string | undefined) | undefined>> = {
  MYSQL_URL: database,
  AMQP_URL: broker,
  PAYMENT_WEBHOOK_SECRET: webhookSecrets,
  ADMIN_TOKEN: bearerToken,
  CHECKOUT_TOKEN: bearerTokens,
  PAYMENT_PROVIDER_TOKEN: bearerToken,
  STRIPE_WEBHOOK_SECRET: stripe,
  STRIPE_SECRET_KEY: stripe,
};

/** Variables that are optional on a developer's machine, each with the setting that makes it optional in production too. */
export const requiredInProduction: ReadonlyMap<string, string | undefined> = new Map([
  ['PAYMENT_PROVIDER_TOKEN', undefined],
  ['CHECKOUT_TOKEN', 'CHECKOUT_OPEN=true'],
]);

/**
 * Variables that a process needs only beside another one that it reads: without the provider's address no provider is
 * called.
 */
export const requiredBeside: ReadonlyMap<string, Name> = new Map([['PAYMENT_PROVIDER_TOKEN', 'PAYMENT_PROVIDER_URL']]);
