import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import express from 'express';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { type Config, ConfigError, loadConfig, secretsIn, variableNames } from '../../src/config/config.js';
import { riskNames } from '../../src/domain/risks.js';
import { replayable } from './replay.js';

/** Fifteen hundred bad environments: each value is usable by the processes, or refused by the variable's name. */

const CASES = 1_500;

const valid: NodeJS.ProcessEnv = {
  MYSQL_URL: 'mysql://orders:secret@127.0.0.1:3306/orders',
  AMQP_URL: 'amqp://orders:secret@127.0.0.1:5672/',
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  PAYMENT_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  PAYMENT_PROVIDER_URL: 'https://payments.example.com',
  ADMIN_TOKEN: 'a-long-random-string-of-letters',
  STRIPE_WEBHOOK_SECRET: 'whsec_abc123',
  STRIPE_SECRET_KEY: 'sk_test_abc123',
  CHECKOUT_TOKEN: 'one-more-long-random-string the-one-before-it',
};

const whole = (lowest: number, highest: number) => (value: unknown) =>
  Number.isSafeInteger(value) && Number(value) >= lowest && Number(value) <= highest;
const aYear = 366 * 24 * 3_600_000;
const text = (value: unknown): boolean => typeof value === 'string' && value.trim() === value && value !== '';
const address = (value: unknown): boolean => text(value) && new URL(String(value)).hostname !== '';
const canBeBearer = (value: unknown): boolean =>
  String(value).length >= 16 && new Headers({ a: `Bearer ${value}` }).get('a')?.split(' ')[1] === value;
const highest = Number.MAX_SAFE_INTEGER;

/** Which values are usable by the processes, written independently of the schemas. */
const canRunWith: Readonly<Partial<Record<keyof Config, (value: unknown) => boolean>>> = {
  PORT: whole(0, 65_535),
  ADMIN_PORT: whole(0, 65_535),
  HEALTH_PORT: whole(0, 65_535),
  RATE_LIMIT: whole(0, highest),
  MYSQL_POOL_SIZE: whole(1, highest),
  BRIDGE_PREFETCH: whole(1, 65_535),
  MAX_WAITING_CHECKOUTS: whole(1, highest),
  MAX_QUANTITY_PER_ORDER: whole(0, highest),
  MAX_OPEN_ORDERS_PER_USER: whole(0, 1_000),
  RECONCILE_AFTER: whole(1, aYear),
  EVENTS_KEPT: whole(1, aYear),
  PAYMENT_WINDOW: whole(1, aYear),
  PAYMENT_WINDOWS: (value) =>
    value instanceof Map && [...value].every(([name, ms]) => /^[a-z0-9_-]{1,32}$/.test(name) && whole(1, aYear)(ms)),
  MAX_PAYMENT_WINDOW: whole(1, aYear),
  ORDER_QUEUE: (value) => text(value) && Buffer.byteLength(String(value)) < 256,
  ENDPOINTS_ALLOW_PRIVATE: (value) => value === undefined || typeof value === 'boolean',
  CONSUME_CANCEL_QUEUE: (value) => typeof value === 'boolean',
  MYSQL_URL: address,
  AMQP_URL: address,
  // The worker asks for it by itself.
  PAYMENT_PROVIDER_URL: (value) => value === undefined || address(value),
  SIMULATOR_WEBHOOK_URL: address,
  STRIPE_API_URL: address,
  TEMPORAL_ADDRESS: (value) => whole(1, 65_535)(Number(String(value).split(':')[1])),
  TRUST_PROXY: (value) => express().set('trust proxy', value) !== undefined,
  ACCEPTED_RISKS: (value) => Array.isArray(value) && value.every((name) => riskNames.includes(name)),
  ADMIN_TOKEN: canBeBearer,
  CHECKOUT_OPEN: (value) => typeof value === 'boolean',
  CHECKOUT_TOKEN: (value) =>
    value === undefined || ((value as string[]).length > 0 && (value as string[]).every(canBeBearer)),
  PAYMENT_WEBHOOK_SECRET: (value) => (value as string[]).map((secret) => new Webhook(secret)).length > 0,
};

const oddities = [
  ...['0', '-1', '1.5', '1e3', '1e99', '0x10', 'NaN', 'Infinity', '-0', '٣', '65536', '99999999999999999999', '070'],
  ...['true', 'null', 'undefined', '__proto__', 'constructor', '[]', '{}', '""', "''", 'a b', '\t', '\u00a0', '\u0000'],
  ...[
    'forever',
    '0 ms',
    '-5 minutes',
    '1e9 years',
    '10000 years',
    '30 minuten',
    '5',
    '.5s',
    'x'.repeat(101),
    '1'.repeat(150),
  ],
  ...[
    'mysql://',
    'mysql:///orders',
    'mysql://u:%zz@h/d',
    'mysql://u:p@h:99999/d',
    'mysql://[::1',
    'http://',
    '//h',
    'h:1',
  ],
  ...[
    'amqp://',
    'amqp://u:%@h',
    'amqps://%ff:p@h',
    'https://u:%e0%a4@h',
    'http:h',
    'javascript:alert(1)',
    'file:///etc',
  ],
  ...['127.0.0.1', ':7233', 'host:', 'host:0', 'host:99999', 'host:1:2', 'ho st:1', 'host:-1', '[::1]:7233'],
  ...[
    '1.2.3.4/99',
    '1.2.3',
    ':::',
    '1.2.3.4,',
    '::1/129',
    '300.1.1.1',
    'loopback, x',
    '99',
    '100',
    '10.0.0.0/8 loopback',
  ],
  ...['whsec_', 'whsec_!', 'whsec_abc whsec_', 'WHSEC_abc', 'whsec_abc=====', 'sk_', 'pk_live_1', 'sk_live_\n1'],
];

const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...oddities) },
  { weight: 1, arbitrary: fc.constantFrom(...Object.values(valid).map(String)) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  { weight: 1, arbitrary: fc.oneof(fc.double(), fc.maxSafeInteger()).map(String) },
  { weight: 1, arbitrary: fc.webUrl({ validSchemes: ['mysql', 'amqp', 'amqps', 'http', 'ftp'] }) },
);
const secretNames: readonly string[] = [
  'ADMIN_TOKEN',
  'CHECKOUT_TOKEN',
  'PAYMENT_WEBHOOK_SECRET',
  'STRIPE_SECRET_KEY',
  'MYSQL_URL',
  'AMQP_URL',
];

function check(name: keyof Config, given: string, production: boolean): void {
  try {
    const config = loadConfig(
      { ...valid, [name]: given, ...(production && { NODE_ENV: 'production' }) },
      variableNames,
    );
    secretsIn(config);
    if (canRunWith[name]?.(config[name]) === false) throw new Error(`${name} became ${JSON.stringify(config[name])}`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.message.split('\n');
    const own = lines.find((line) => line.startsWith(`${name} `));
    if (own === undefined && !production) throw new Error(`${name} is not named: ${error.message}`);
    if (!lines.every((line) => / Example: /.test(line))) throw new Error(`an example is missing: ${error.message}`);
    const kept =
      given.trim().length > 10 && secretNames.includes(name) && own?.split(' Example: ')[0]?.includes(given.trim());
    if (kept) throw new Error(`the value of ${name} is shown: ${own}`);
  }
}

test("any value of a variable is either usable or refused by the variable's name", async (t) => {
  const property = fc.property(fc.constantFrom(...variableNames), value, fc.boolean(), check);
  t.notThrows(() => fc.assert(property, { ...replayable, numRuns: CASES }));
});

for (const program of ['api', 'bridge', 'worker', 'provider-simulator']) {
  test(`the ${program} ends in a wrong environment, with one line for each wrong variable`, (t) => {
    const file = fileURLToPath(new URL(`../../src/${program}.js`, import.meta.url));
    const wrong = {
      PORT: 'http',
      HEALTH_PORT: '1e9',
      MYSQL_URL: 'mysql://u:%zz@h/d',
      SIMULATOR_WEBHOOK_URL: 'x'.repeat(200),
    };
    const { status, stderr, stdout } = spawnSync(process.execPath, [file], {
      env: { ...valid, ...wrong, NODE_ENV: 'test' },
      encoding: 'utf8',
    });
    t.is(status, 1, stderr);
    t.is(stdout, '');
    t.regex(stderr, /^([A-Z_]+ .* Example: [A-Z_]+=.*\n)+$/);
  });
}
