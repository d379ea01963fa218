import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { ConfigError, loadConfig, variableNames } from '../../src/config/config.js';
import { root } from '../compose/files.js';

const good = {
  NODE_ENV: 'production',
  MYSQL_URL: 'mysql://orders:7Qm4xW9r2Lk8@db.internal/orders',
  AMQP_URL: 'amqps://orders:p3Vz8Kt6Yw1n@mq.internal/',
  TEMPORAL_ADDRESS: 'temporal.internal:7233',
  PAYMENT_PROVIDER_URL: 'https://payments.internal',
  PAYMENT_WEBHOOK_SECRET: `whsec_${Buffer.from('f0PZ8sLq2mXv7Jc4Nd9Rk1Wt').toString('base64')}`,
  ADMIN_TOKEN: 'Yc8Jw2Zp6Rt4Lm9Xq1Vn7Kb3Hd5',
  PAYMENT_PROVIDER_TOKEN: 'Ld4Qs9Vb2Wm7Xc1Zk8Tn5Rf3Jp6',
  CHECKOUT_TOKEN: 'Hs7Bm2Kd9Wq4Zt6Xv1Lc8Rn3Fg5',
};

type Name = keyof typeof good;

/** The message of the `ConfigError` for this value, or an empty string. */
function refusal(name: Name, value: string | undefined, more: object = {}): string {
  try {
    loadConfig({ ...good, [name]: value, ...more }, variableNames);
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

const secretOf = (bytes: string): string => `whsec_${Buffer.from(bytes).toString('base64')}`;

const refused: readonly (readonly [Name, value: string, problem: RegExp])[] = [
  ['AMQP_URL', 'amqp://guest:guest@mq/', /logs in as guest/],
  ['AMQP_URL', 'amqp://guest:7Qm4xW9r2Lk8@mq/', /logs in as guest/],
  ['AMQP_URL', 'amqp://mq:5672/', /default guest/],
  ['AMQP_URL', 'amqp://admin:123456@mq/', /known/],
  ['AMQP_URL', 'amqp://orders:development-only@mq/', /known/],
  ['AMQP_URL', 'amqp://orders@mq/', /no password/],
  ['MYSQL_URL', 'mysql://root@db/orders', /root without a password/],
  ['MYSQL_URL', 'mysql://root:@db/orders', /root without a password/],
  ['MYSQL_URL', 'mysql://orders@db/orders', /no password/],
  ['MYSQL_URL', 'mysql://db/orders', /no user/],
  ['MYSQL_URL', 'mysql://orders:development-only@db/orders', /known/],
  ['MYSQL_URL', 'mysql://orders:secret@127.0.0.1:3306/orders', /known/],
  ['MYSQL_URL', 'mysql://orders:%73ecret@db/orders', /known/],
  ['PAYMENT_WEBHOOK_SECRET', 'whsec_ZGV2ZWxvcG1lbnQtb25seS1zZWNyZXQh', /known/],
  ['PAYMENT_WEBHOOK_SECRET', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', /known/],
  ['PAYMENT_WEBHOOK_SECRET', secretOf('23 bytes are too few...'), /shorter than 24 bytes/],
  ['PAYMENT_WEBHOOK_SECRET', `${good.PAYMENT_WEBHOOK_SECRET} ${secretOf('old and short')}`, /shorter than 24 bytes/],
  ['ADMIN_TOKEN', 'development-only-token', /known/],
  ['PAYMENT_PROVIDER_TOKEN', 'development-only-token', /known/],
  ['PAYMENT_PROVIDER_TOKEN', 'another-long-random-string', /known/],
  ['PAYMENT_PROVIDER_TOKEN', 'Ld4Qs9Vb2Wm7Xc1Zk8Tn5Rf', /shorter than 24/],
  ['ADMIN_TOKEN', 'a-long-random-string-of-letters', /known/],
  ['ADMIN_TOKEN', 'Yc8Jw2Zp6Rt4Lm9Xq1Vn7Kb', /shorter than 24/],
  ['ADMIN_TOKEN', 'ab'.repeat(20), /repeats/],
  ['CHECKOUT_TOKEN', 'development-only-token', /known/],
  ['CHECKOUT_TOKEN', 'one-more-long-random-string', /known/],
  ['CHECKOUT_TOKEN', `${good.CHECKOUT_TOKEN} Hs7Bm2Kd9Wq4Zt6Xv1Lc8Rn`, /shorter than 24/],
];

for (const [name, value, problem] of refused) {
  test(`production refuses ${name}=${value}, and development accepts it`, (t) => {
    const message = refusal(name, value);
    t.regex(message, new RegExp(`^${name} .*production refuses\\. Example: ${name}=`));
    t.regex(message, problem);
    t.is(message.split('\n').length, 1);
    t.is(refusal(name, value, { NODE_ENV: 'development' }), '');
    t.is(refusal(name, value, { NODE_ENV: undefined }), '');
  });
}

test('production starts with its own secrets', (t) => {
  t.is(refusal('NODE_ENV', 'production'), '');
});

for (const name of ['PAYMENT_WEBHOOK_SECRET', 'ADMIN_TOKEN', 'MYSQL_URL', 'AMQP_URL'] as const) {
  test(`${name} has no default in production`, (t) => {
    t.regex(refusal(name, undefined), new RegExp(`^${name} is missing\\. Example: `));
    t.regex(refusal(name, '  '), new RegExp(`^${name} is missing\\. Example: `));
  });
}

test('refunds without a token are for development only', (t) => {
  t.regex(
    refusal('PAYMENT_PROVIDER_TOKEN', undefined),
    /^PAYMENT_PROVIDER_TOKEN is missing, and NODE_ENV=production requires it\. Example: /,
  );
  t.is(refusal('PAYMENT_PROVIDER_TOKEN', undefined, { NODE_ENV: 'development' }), '');
});

test('production needs a token for checkouts, or the word that anyone may buy', (t) => {
  const missing =
    /^CHECKOUT_TOKEN is missing, and NODE_ENV=production requires it or CHECKOUT_OPEN=true\. Example: CHECKOUT_TOKEN=.*$/;
  t.regex(refusal('CHECKOUT_TOKEN', undefined), missing);
  t.regex(refusal('CHECKOUT_TOKEN', ' '), missing);
  t.regex(refusal('CHECKOUT_TOKEN', undefined, { CHECKOUT_OPEN: 'false' }), missing);
  t.is(refusal('CHECKOUT_TOKEN', undefined, { CHECKOUT_OPEN: 'true' }), '');
  t.is(refusal('CHECKOUT_TOKEN', good.CHECKOUT_TOKEN, { CHECKOUT_OPEN: 'true' }), '');
  t.is(refusal('CHECKOUT_TOKEN', undefined, { NODE_ENV: 'development' }), '');
});

test('each of several checkout tokens has 16 characters that a header can hold', (t) => {
  const tokens = (text: string) => loadConfig({ CHECKOUT_TOKEN: text }, ['CHECKOUT_TOKEN']).CHECKOUT_TOKEN;
  t.deepEqual(tokens(' the-new-token-of-the-shop\t the-old-token-of-the-shop '), [
    'the-new-token-of-the-shop',
    'the-old-token-of-the-shop',
  ]);
  for (const text of ['fifteen-letters', 'the-new-token-of-the-shop short']) {
    t.throws(() => tokens(text), { message: /^CHECKOUT_TOKEN is shorter than 16 characters\. Example: / });
  }
  t.throws(() => tokens('the-new-token-of-the-shóp'), { message: /^CHECKOUT_TOKEN may have only ASCII characters/ });
});

test('a misspelled NODE_ENV is refused, also for a process that does not read it', (t) => {
  t.throws(() => loadConfig({ ...good, NODE_ENV: 'Production' }, ['ADMIN_TOKEN']), { message: /^NODE_ENV / });
});

test('a refusal never contains the value, whatever is wrong with the value', (t) => {
  const wrong: Partial<Record<Name, string>> = {
    MYSQL_URL: 'postgres://orders:Vq7Zx2Lm@db/orders',
    AMQP_URL: 'amqp://guest:Vq7Zx2Lm@mq/',
    PAYMENT_WEBHOOK_SECRET: 'whsec_Vq7Zx2Lm!',
    ADMIN_TOKEN: 'Vq7Zx2Lm',
  };
  const message = refusal('NODE_ENV', 'production', wrong);
  t.is(message.split('\n').length, 4);
  t.false(message.includes('Vq7Zx2Lm'));
});

test('a process ends at its start with the refusal and nothing else', async (t) => {
  const api = spawn(process.execPath, [join(root, 'dist/src/api.js')], {
    env: { ...good, AMQP_URL: 'amqp://guest:guest@127.0.0.1:1/' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, errors, [code]] = await Promise.all([text(api.stdout), text(api.stderr), once(api, 'exit')]);
  t.is(code, 1);
  t.is(out, '');
  t.regex(errors, /^AMQP_URL logs in as guest.*\n$/);
});

test('a token that no Authorization header can carry is refused', (t) => {
  for (const token of ['sixteen letters and spaces', 'a-long-random-stríng']) {
    t.throws(() => loadConfig({ ADMIN_TOKEN: token }, ['ADMIN_TOKEN']), { message: /^ADMIN_TOKEN may have no spaces/ });
  }
});

test('a webhook secret that is not complete base64 is refused by its name; a secret of Stripe may be any text', (t) => {
  for (const secret of ['whsec_abc', 'whsec_', 'whsec_abcd=', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS']) {
    const read = () => loadConfig({ PAYMENT_WEBHOOK_SECRET: secret }, ['PAYMENT_WEBHOOK_SECRET']);
    t.throws(read, { message: /^PAYMENT_WEBHOOK_SECRET must be one or more secrets of the form whsec_<base64>/ });
  }
  const stripe = { STRIPE_WEBHOOK_SECRET: 'whsec_abc123', STRIPE_SECRET_KEY: 'sk_test_1' };
  t.deepEqual(loadConfig(stripe, ['STRIPE_WEBHOOK_SECRET']).STRIPE_WEBHOOK_SECRET, ['whsec_abc123']);
});

test('TRUST_PROXY accepts a number or addresses, and never every address', (t) => {
  const proxies = (text?: string) => loadConfig({ TRUST_PROXY: text }, ['TRUST_PROXY']).TRUST_PROXY;
  t.is(proxies(undefined), false);
  t.is(proxies('false'), false);
  t.is(proxies('2'), 2);
  t.deepEqual(proxies('loopback, 10.0.0.0/8,fd00::/8'), ['loopback', '10.0.0.0/8', 'fd00::/8']);
  for (const wrong of ['true', '*', 'my-proxy'])
    t.throws(() => proxies(wrong), { message: /^TRUST_PROXY is not a number/ });
});

test('every variable that is a duration refuses a value without a unit', (t) => {
  const durations = variableNames.filter((name) => {
    const { message = '' } = caught({ [name]: '30 minuten' }) ?? {};
    return message.includes('is not a positive duration');
  });
  t.true(durations.includes('PAYMENT_WINDOW') && durations.includes('RECONCILE_AFTER'));
  for (const name of durations) {
    for (const text of ['30', '0.5', '.5', '+30', '1000000']) {
      t.regex(
        caught({ [name]: text })?.message ?? '',
        new RegExp(`^${name} "[^"]+" has no unit, such as .* Example: `),
      );
    }
    for (const text of ['30 seconds', '30s', '500ms', '1.5 hours'])
      t.is(caught({ PAYMENT_WINDOW: '1 ms', [name]: text }), undefined);
  }
});

test('a login in an address that fetch would refuse is refused, and not printed', (t) => {
  for (const name of ['PAYMENT_PROVIDER_URL', 'STRIPE_API_URL', 'SIMULATOR_WEBHOOK_URL']) {
    for (const login of ['shop:Vq7Zx2Lm@', 'Vq7Zx2Lm@', ':Vq7Zx2Lm@']) {
      const { message = '' } = caught({ [name]: `https://${login}pay.example.com/` }) ?? {};
      t.regex(message, new RegExp(`^${name} has a login in it, which no request can carry\\. Example: `));
      t.false(message.includes('Vq7Zx2Lm'));
    }
  }
});

test('two listeners on the same address and port are refused, and the same port on two addresses is not', (t) => {
  const same = /^ADMIN_PORT is 3000, as PORT is: each listener needs its own\. Example: /;
  t.regex(caught({ ADMIN_PORT: '3000' })?.message ?? '', same);
  t.regex(caught({ ADMIN_PORT: '3000', HOST: '0.0.0.0', ADMIN_HOST: '10.0.0.1' })?.message ?? '', same);
  t.is(caught({ ADMIN_PORT: '3000', HOST: '10.0.0.1' }), undefined);
  t.is(caught({ ADMIN_PORT: '0', PORT: '0' }), undefined);
});

for (const [settings, expected] of [
  [{ TEMPORAL_TLS: 'yes' }, /^TEMPORAL_TLS "yes" is neither true nor false\. Example: TEMPORAL_TLS="true"$/],
  [{ TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere/ca.pem' }, /^TEMPORAL_TLS_SERVER_CA_CERT_PATH cannot be used: ENOENT/],
  [{ TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere/crt' }, /^TEMPORAL_TLS_CLIENT_KEY_PATH is missing: .* go together/],
  [{ TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' }, /^TEMPORAL_CONFIG_FILE names a file that is not there/],
  [{ TEMPORAL_CONFIG_FILE: join(root, 'package.json') }, /^TEMPORAL_CONFIG_FILE cannot be used: /],
  [{ TEMPORAL_PROFILE: 'elsewhere' }, /^TEMPORAL_PROFILE cannot be used: .*elsewhere/],
] as const) {
  test(`${Object.keys(settings)} is checked with the other variables, in one line: ${Object.values(settings)}`, (t) => {
    const { message = '' } = caught({ ...settings }) ?? {};
    t.regex(message, expected);
    t.is(message.split('\n').length, 1, message);
  });
}

function caught(more: NodeJS.ProcessEnv): ConfigError | undefined {
  try {
    loadConfig({ ...good, ...more }, variableNames);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}
