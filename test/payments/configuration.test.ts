import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type ProcessName, startChild } from '../../src/cli/child.js';
import { loadConfig } from '../../src/config/config.js';
import { providersOf, webhooksOf } from '../../src/payments/providers.js';
import { webhookSecret } from '../helpers/system.js';

/** With a missing or invalid secret a process does not start: it would accept webhooks from anyone. */

const names = [
  'STRIPE_WEBHOOK_SECRET',
  'STRIPE_SECRET_KEY',
  'STRIPE_API_URL',
  'STRIPE_CAPTURE',
  'PAYMENT_CAPTURE',
] as const;
const both = { STRIPE_WEBHOOK_SECRET: 'whsec_old whsec_new', STRIPE_SECRET_KEY: 'sk_test_1' };

const complete: NodeJS.ProcessEnv = {
  NODE_ENV: 'test',
  PORT: '0',
  ADMIN_PORT: '0',
  HEALTH_PORT: '0',
  MYSQL_URL: 'mysql://nobody:nothing@127.0.0.1:9/none',
  AMQP_URL: 'amqp://nobody:nothing@127.0.0.1:9/',
  TEMPORAL_ADDRESS: '127.0.0.1:9',
  PAYMENT_WEBHOOK_SECRET: webhookSecret,
  PAYMENT_PROVIDER_URL: 'http://127.0.0.1:9',
  ADMIN_TOKEN: 'a-token-for-the-operators-of-the-tests',
};

/** The error with which a process fails to start, or `it started`. */
async function startOf(program: ProcessName, env: NodeJS.ProcessEnv): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'orders-configuration-'));
  try {
    const child = await startChild(program, { env, logFile: join(folder, 'log') });
    await child.stop();
    return 'it started';
  } catch (error) {
    return String(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const secret of ['', ' ', 'not-a-secret', 'whsec_', `${webhookSecret} other`]) {
  test(`the API does not start with ${JSON.stringify(secret.replace(webhookSecret, '…'))} for a webhook secret`, async (t) => {
    const output = await startOf('api', { ...complete, PAYMENT_WEBHOOK_SECRET: secret });
    t.regex(output, /PAYMENT_WEBHOOK_SECRET (is missing|must be one or more secrets)/);
    t.false(output.includes(webhookSecret));
  });
}

for (const program of ['api', 'worker'] as const) {
  test(`the ${program} does not start with half of Stripe's variables, and names the missing half`, async (t) => {
    const { STRIPE_WEBHOOK_SECRET, STRIPE_SECRET_KEY } = both;
    const withoutKey = await startOf(program, { ...complete, STRIPE_WEBHOOK_SECRET });
    t.regex(withoutKey, /STRIPE_SECRET_KEY is missing: STRIPE_WEBHOOK_SECRET and STRIPE_SECRET_KEY go together/);
    const withoutSecret = await startOf(program, { ...complete, STRIPE_SECRET_KEY });
    t.regex(withoutSecret, /STRIPE_WEBHOOK_SECRET is missing: STRIPE_WEBHOOK_SECRET and STRIPE_SECRET_KEY go together/);
    t.false(withoutSecret.includes(STRIPE_SECRET_KEY));
  });
}

test('Stripe is a provider only when it is configured', (t) => {
  const none = loadConfig({}, names);
  const given = loadConfig(both, names);
  t.deepEqual(given.STRIPE_WEBHOOK_SECRET, ['whsec_old', 'whsec_new']);
  t.is(given.STRIPE_API_URL, 'https://api.stripe.com');
  const webhooks = (config: typeof none) => webhooksOf({ ...config, PAYMENT_WEBHOOK_SECRET: [webhookSecret] });
  const providers = (config: typeof none) =>
    providersOf({ ...config, PAYMENT_PROVIDER_URL: 'http://127.0.0.1:9', PAYMENT_PROVIDER_TOKEN: undefined });
  t.deepEqual(
    [none, given].map((config) => webhooks(config).map(({ path }) => path)),
    [['/webhooks/payment'], ['/webhooks/payment', '/webhooks/stripe']],
  );
  for (const config of [none, given]) {
    const readers = webhooks(config).map(({ name }) => name);
    t.deepEqual(
      readers,
      providers(config).map(({ name }) => name),
      'each provider with webhooks also makes refunds',
    );
  }
});

test('a publishable key of Stripe is refused as a secret key and not printed, because it cannot refund', (t) => {
  const failure = t.throws(() => loadConfig({ ...both, STRIPE_SECRET_KEY: 'pk_live_1' }, names));
  t.regex(failure?.message ?? '', /^STRIPE_SECRET_KEY is not a key that starts with sk_ or rk_/);
  t.false(failure?.message.includes('pk_live_1'));
});
