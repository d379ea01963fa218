import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import test from 'ava';
import { dataDirOf } from '../../src/cli/data-dir.js';
import { developmentSecrets } from '../../src/cli/development-secrets.js';
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
  const { ADMIN_TOKEN } = developmentSecrets(dataDir);
  const lines = servingLines({ api, addresses, plan: { dataDir, ours: true }, set: {} });
  const [, bearer] =
    /-H ("authorization: Bearer .*ADMIN_TOKEN.*")$/.exec(lines.find((line) => line.includes('argv')) ?? '') ?? [];
  const { PATH } = process.env;
  const { stdout, stderr } = spawnSync('sh', ['-c', `printf %s ${bearer}`], {
    cwd: '/',
    env: { PATH },
    encoding: 'utf8',
  });
  t.is(stdout, `authorization: Bearer ${ADMIN_TOKEN}`, stderr);
});
