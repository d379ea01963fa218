import test, { type ExecutionContext } from 'ava';
import { count, rows, shopDatabase } from '../helpers/database.js';
import { createReceiver } from '../helpers/receiver.js';
import { orders } from './orders.js';

/** `orders endpoints` as an operator runs it. */

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t);
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => orders(args, { MYSQL_URL: url, ...env });
  return { pool, run, endpoints: (...args: string[]) => run(['endpoints', ...args]) };
}

const NOBODY = '01a2f0de-91c0-7d11-a2f5-0c4d1be55e20';
const URL_OF_SHOP = 'https://shop.example.com/events';

test('orders endpoints adds, lists, pauses, resumes, rotates, tests and removes, and shows a secret once', async (t) => {
  const { pool, endpoints } = await shop(t);
  const receiver = await createReceiver(t);
  const dry = await endpoints('add', receiver.url, '--events', 'order.paid,refund.*', '--dry-run');
  t.deepEqual([dry.code, await count(pool, 'endpoints')], [0, 0]);
  t.regex(dry.out, /^A dry run: .* would get order\.paid, refund\.\*\. Nothing was changed\.\n$/);
  const added = await endpoints('add', receiver.url, '--events', 'order.paid, refund.*');
  t.is(added.code, 0, added.err);
  t.regex(added.out, /order\.paid, refund\.\*, signed v1; 0 events wait\n.*shown only now: whsec_[\w+/]+=\n$/);
  const [id = ''] = added.out.split(' ');
  const [, secret = ''] = /(whsec_\S+)/.exec(added.out) ?? [];
  const twice = await endpoints('add', receiver.url);
  t.is(twice.code, 1);
  t.regex(twice.out, new RegExp(`^not added: this address has an endpoint already, ${id}`));

  const dryPause = await endpoints('pause', id, '--dry-run');
  t.regex(dryPause.out, /^A dry run: nothing was changed\.\n.* {2}active {2}/);
  const paused = await endpoints('pause', id, '--reason', 'moves', '--by', 'ada');
  t.regex(paused.out, /^.* {2}paused {2}.*\n.*\n {4}paused since .*: by ada: moves\n$/);
  const json = JSON.parse((await endpoints('resume', id, '--json')).out) as Record<string, unknown>;
  t.like(json, { dryRun: false, endpoint: { endpointId: id, state: 'active', pausedReason: null } });

  const dryRotate = await endpoints('rotate', id, '--dry-run');
  t.notRegex(dryRotate.out, /whsec_/);
  const rotated = await endpoints('rotate', id);
  t.regex(rotated.out, /shown only now: whsec_\S+\nThe old one signs too until \d{4}-.*Z\.\n$/);
  t.deepEqual(await endpoints('test', id), { code: 0, out: 'taken: answered 204\n', err: '' });
  receiver.answer = (_request, response) => void response.writeHead(500).end();
  const refused = await endpoints('test', id, '--json');
  t.is(refused.code, 1);
  t.deepEqual(JSON.parse(refused.out), { taken: false, status: 500, reason: 'answered 500' });

  const listed = [await endpoints('list'), await endpoints('list', '--json')].map(({ out }) => out).join('');
  t.regex(listed, new RegExp(`^${id} {2}active`));
  t.notRegex(listed, /whsec_/);
  t.false(listed.includes(secret));
  const dryRemove = await endpoints('remove', id, '--dry-run');
  t.regex(dryRemove.out, /^A dry run: .* would be removed/);
  t.is((await endpoints('remove', id)).code, 0);
  t.is((await endpoints('list')).out, '0 endpoints.\n');
});

test('orders endpoints refuses what is wrong with the reason, and exits 1 for an unknown endpoint', async (t) => {
  const { pool, run, endpoints } = await shop(t);
  for (const [args, expected] of [
    [['add', 'shop.example.com'], /not added: expected a URL such as/],
    [['add', URL_OF_SHOP, '--events', 'order.sent'], /Expected types of events, each one of order\.placed/],
    [['add', URL_OF_SHOP, '--signature', 'v2'], /Expected one of v1, v1a\./],
    [['add', URL_OF_SHOP, '--by', ''], /--by expects/],
    [['pause', 'nobody'], /Expected the id of an endpoint/],
  ] as const) {
    const { code, out, err } = await endpoints(...args);
    t.is(code, 1, args.join(' '));
    t.regex(out + err, expected);
  }
  for (const action of ['pause', 'resume', 'remove', 'rotate', 'test']) {
    const { code, out } = await endpoints(action, NOBODY);
    t.deepEqual([code, out], [1, `There is no endpoint ${NOBODY}. To look for one: orders endpoints list\n`]);
  }
  const local = ['endpoints', 'add', 'https://localhost/events'];
  const strict = { ENDPOINTS_ALLOW_PRIVATE: 'false' };
  t.regex((await run(local, strict)).out, /not added: .*lies inside of the own network/);
  t.regex(
    (await run(local, { ENDPOINTS_ALLOW_PRIVATE: 'perhaps' })).err,
    /ENDPOINTS_ALLOW_PRIVATE is neither true nor/,
  );
  t.is(await count(pool, 'endpoints'), 0);
  t.is((await run(local)).code, 0);
});

test('an endpoint of v1a shows its public key, and never its private one', async (t) => {
  const { pool, endpoints } = await shop(t);
  const added = await endpoints('add', URL_OF_SHOP, '--signature', 'v1a');
  t.regex(added.out, /verifies with this public key: whpk_[\w+/]{43}=\n$/);
  const [row] = await rows(pool, 'SELECT signing_keys FROM endpoints');
  const [, key = 'none'] = /"(whsk_[^"]+)"/.exec(String(row?.['signing_keys'])) ?? [];
  t.false(`${added.out}${(await endpoints('list', '--json')).out}`.includes(key));
});
