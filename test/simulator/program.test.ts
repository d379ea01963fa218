import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { createClient, order, secret, startShop } from './harness.js';

const program = resolve(import.meta.dirname, '../../src/provider-simulator.js');

function start(t: ExecutionContext, env: NodeJS.ProcessEnv) {
  const child = fork(program, { env: { PORT: '0', ...env }, silent: true });
  t.teardown(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  return { child, exit };
}

test('the program tells its parent its address, serves there and leaves with 0 on SIGTERM', async (t) => {
  const shop = await startShop(t);
  const { child, exit } = start(t, { PAYMENT_WEBHOOK_SECRET: `${secret} whsec_b2xk`, SIMULATOR_WEBHOOK_URL: shop.url });
  const log = text(child.stdout as Readable);
  const [{ state, url }] = (await once(child, 'message')) as [{ state: string; url: string }];
  t.is(state, 'listening');
  t.is((await fetch(`${url}/readyz`)).status, 200);
  t.is((await createClient(url).post('/payments', order)).status, 200);
  t.is(shop.received.length, 1);
  child.kill('SIGTERM');
  t.deepEqual(await exit, [0, null]);
  t.is(JSON.parse((await log).split('\n')[0] ?? '').url, url);
});

test('the program leaves while a webhook is still being retried', async (t) => {
  const { child, exit } = start(t, { PAYMENT_WEBHOOK_SECRET: secret, SIMULATOR_WEBHOOK_URL: 'http://127.0.0.1:9/' });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  t.is((await createClient(url).post('/payments', order)).status, 202);
  child.kill('SIGTERM');
  t.deepEqual(await exit, [0, null]);
});

test('the program does not outlive its parent', async (t) => {
  const { child, exit } = start(t, { PAYMENT_WEBHOOK_SECRET: secret });
  await once(child, 'message');
  child.disconnect();
  t.deepEqual(await exit, [0, null]);
});

test('a missing secret stops the program with the name and an example', async (t) => {
  const { child, exit } = start(t, {});
  const errors = text(child.stderr as Readable);
  t.deepEqual(await exit, [1, null]);
  t.regex(await errors, /^PAYMENT_WEBHOOK_SECRET is missing\. Example: /);
});
