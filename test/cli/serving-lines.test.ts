import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import test from 'ava';
import { dataDirOf } from '../../src/cli/data-dir.js';
import {
  developmentSecrets,
  developmentSecretsFile,
  withDevelopmentSecrets,
} from '../../src/cli/development-secrets.js';
import { servingLines } from '../../src/cli/serving-lines.js';

const addresses = {
  mysqlUrl: 'mysql://orders:m-secret@127.0.0.1:20001/orders',
  amqpUrl: 'amqp://orders:r-secret@127.0.0.1:20002',
  rabbitmqUiUrl: 'http://127.0.0.1:20003',
  temporalAddress: '127.0.0.1:20004',
  temporalNamespace: 'default',
  temporalUiUrl: 'http://127.0.0.1:20005',
};
const api = { url: 'http://0.0.0.0:3456', adminUrl: 'http://127.0.0.1:4567' };
const provider = { url: 'http://127.0.0.1:5678' };
const plan = { dataDir: '/data', ours: true };

test('the printed lines fit this start: each address, the login of each page, and commands to paste', (t) => {
  const text = servingLines({ api, provider, addresses, plan, set: {} }).join('\n');
  for (const shown of [
    'http://127.0.0.1:3456/docs',
    'curl -s http://127.0.0.1:3456/checkout ',
    'curl -s http://127.0.0.1:5678/payments ',
    'curl -s http://127.0.0.1:4567/orders/',
    '"sku": "mug-red"',
    'user orders, password: rabbitmq in /data/secrets.json',
    'ADMIN_TOKEN in /data/development-secrets.json',
    'http://127.0.0.1:20005/namespaces/default/workflows?query=OrderStatus%3D%22placed%22',
    'OrderStatus%3D%22paid%22',
    'OrderStatus%3D%22canceled%22',
  ]) {
    t.true(text.includes(shown), `${shown} is not in\n${text}`);
  }
  t.notRegex(text, /0\.0\.0\.0|secret@|undefined/);
});

test('the lines of a shop of others contain no command that buys, and no simulator', (t) => {
  const { temporalUiUrl: _, rabbitmqUiUrl: __, ...given } = addresses;
  const text = servingLines({ api, addresses: given, plan: { ...plan, ours: false }, set: { ADMIN_TOKEN: 'x' } }).join(
    '\n',
  );
  t.notRegex(text, /curl|simulator|undefined/);
  t.regex(text, /bearer token: ADMIN_TOKEN$/m);
});

test('the command with the token can be pasted, whatever characters the path of the data has', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'orders-serving-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  // A data folder may be given as a relative path.
  const ORDERS_DATA_DIR = relative(process.cwd(), join(folder, `it's $HOME, \`pwd\` "ü"`));
  const dataDir = dataDirOf({ ORDERS_DATA_DIR });
  const { ADMIN_TOKEN, CHECKOUT_TOKEN } = developmentSecrets(dataDir);
  const pasted = (name: string, set: NodeJS.ProcessEnv = {}): string => {
    const lines = servingLines({ api, addresses, plan: { dataDir, ours: true }, set });
    const line = lines.find((one) => one.includes('-H "authorization: Bearer') && one.includes(name)) ?? '';
    const [, bearer] = /-H ("authorization: Bearer .*")/.exec(line) ?? [];
    const { PATH } = process.env;
    const options = { cwd: '/', env: { PATH, ...set }, encoding: 'utf8' } as const;
    const { stdout, stderr } = spawnSync('sh', ['-c', `printf %s ${bearer}`], options);
    t.is(stderr, '');
    return stdout;
  };
  t.is(pasted('ADMIN_TOKEN'), `authorization: Bearer ${ADMIN_TOKEN}`);
  const closed = { CHECKOUT_OPEN: 'false' };
  t.is(pasted('CHECKOUT_TOKEN', closed), `authorization: Bearer ${CHECKOUT_TOKEN}`);
  const rotated = { CHECKOUT_TOKEN: 'the-new-token-of-mine the-old-token-of-mine' };
  t.is(pasted('CHECKOUT_TOKEN', rotated), 'authorization: Bearer the-new-token-of-mine');
});

test('the lines say that anyone may buy, and the checkout has no token then', (t) => {
  const textOf = (set: NodeJS.ProcessEnv) => servingLines({ api, provider, addresses, plan, set }).join('\n');
  const open = [{}, { CHECKOUT_OPEN: 'true' }, { CHECKOUT_OPEN: 'true', CHECKOUT_TOKEN: 'x'.repeat(16) }];
  for (const set of open) {
    t.regex(textOf(set), /anyone may buy/, JSON.stringify(set));
    t.notRegex(textOf(set), /authorization: Bearer .*CHECKOUT_TOKEN/);
  }
  for (const set of [{ CHECKOUT_OPEN: 'false' }, { CHECKOUT_TOKEN: 'x'.repeat(16) }]) {
    t.notRegex(textOf(set), /anyone may buy/, JSON.stringify(set));
  }
});

test('a secret that an earlier version did not make is added, and the others stay', (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'orders-secrets-'));
  t.teardown(() => rmSync(dataDir, { recursive: true }));
  const made = developmentSecrets(dataDir);
  t.deepEqual(developmentSecrets(dataDir), made);
  const { CHECKOUT_TOKEN: _, ...earlier } = made;
  writeFileSync(developmentSecretsFile(dataDir), JSON.stringify(earlier));
  const now = developmentSecrets(dataDir);
  t.like(now, earlier);
  t.not(now.CHECKOUT_TOKEN, made.CHECKOUT_TOKEN);
  t.deepEqual(developmentSecrets(dataDir), now);
});

test('anyone may buy in development, unless the developer has set the token', (t) => {
  const secrets = { ADMIN_TOKEN: 'a', CHECKOUT_TOKEN: 'c', PAYMENT_PROVIDER_TOKEN: 'p', PAYMENT_WEBHOOK_SECRET: 'w' };
  t.like(withDevelopmentSecrets(secrets, {}), { CHECKOUT_TOKEN: 'c', CHECKOUT_OPEN: 'true' });
  t.is(withDevelopmentSecrets(secrets, { CHECKOUT_TOKEN: 'own' }).CHECKOUT_OPEN, undefined);
  t.is(withDevelopmentSecrets(secrets, { CHECKOUT_OPEN: 'false' }).CHECKOUT_OPEN, 'false');
});
