import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { Webhook } from 'standardwebhooks';
import { createClient, order, secret, startShop } from './harness.js';

const program = resolve(import.meta.dirname, '../../src/provider-simulator.js');

function start(t: ExecutionContext, env: NodeJS.ProcessEnv) {
  const child = fork(program, { env: { PORT: '0', ...env }, silent: true });
  t.teardown(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  return { child, exit };
}

test('the simulator sends its address to its parent, serves there and exits with 0 on SIGTERM', async (t) => {
  const shop = await startShop(t);
  const { child, exit } = start(t, { SIMULATOR_WEBHOOK_SECRET: secret, SIMULATOR_WEBHOOK_URL: shop.url });
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

test('the simulator exits while it still retries a webhook', async (t) => {
  const { child, exit } = start(t, { SIMULATOR_WEBHOOK_SECRET: secret, SIMULATOR_WEBHOOK_URL: 'http://127.0.0.1:9/' });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  t.is((await createClient(url).post('/payments', order)).status, 202);
  child.kill('SIGTERM');
  t.deepEqual(await exit, [0, null]);
});

test('a second SIGTERM that comes at once, as npm sends it, ends no request', async (t) => {
  const { child, exit } = start(t, { SIMULATOR_WEBHOOK_SECRET: secret });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  const client = connect(Number(new URL(url).port), '127.0.0.1');
  const answered = text(client);
  client.write('POST /payments HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 2\r\n');
  // The request is sent in two parts, so that the server waits for the body.
  client.write('Expect: 100-continue\r\n\r\n');
  await once(client, 'readable');
  child.kill('SIGTERM');
  for await (const line of createInterface(child.stdout as Readable)) if (line.includes('"stopping"')) break;
  child.kill('SIGTERM');
  client.end('{}');
  t.regex(await answered, /HTTP\/1.1 4/);
  t.deepEqual(await exit, [0, null]);
});

test('the simulator ends when its parent ends', async (t) => {
  const { child, exit } = start(t, { SIMULATOR_WEBHOOK_SECRET: secret });
  await once(child, 'message');
  child.disconnect();
  t.deepEqual(await exit, [0, null]);
});

test('the simulator refuses to start with NODE_ENV=production, in one sentence', async (t) => {
  const { child, exit } = start(t, {
    NODE_ENV: 'production',
    SIMULATOR_WEBHOOK_SECRET: secret,
    PAYMENT_PROVIDER_TOKEN: 'Yc8Jw2Zp6Rt4Lm9Xq1Vn7Kb3Hd5',
  });
  const errors = text(child.stderr as Readable);
  t.deepEqual(await exit, [1, null]);
  t.regex(await errors, /^NODE_ENV is production, where no payment is simulated\. .* Example: .*\n$/);
});

test("the simulator signs with a development secret, and never with a shop's secret", async (t) => {
  const real = `whsec_${Buffer.from('f0PZ8sLq2mXv7Jc4Nd9Rk1Wt').toString('base64')}`;
  const refused = start(t, { SIMULATOR_WEBHOOK_SECRET: real });
  const errors = text(refused.child.stderr as Readable);
  t.deepEqual(await refused.exit, [1, null]);
  t.regex(await errors, /^SIMULATOR_WEBHOOK_SECRET is none for development: /);

  const shop = await startShop(t);
  const { child } = start(t, { PAYMENT_WEBHOOK_SECRET: real, SIMULATOR_WEBHOOK_URL: shop.url });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  t.is((await createClient(url).post('/payments', order)).status, 200);
  const [delivery] = shop.received;
  const verify = (one: string) =>
    new Webhook(one).verify(delivery?.body ?? '', delivery?.headers as Record<string, string>);
  t.throws(() => verify(real), { message: /signature/i });
  t.notThrows(() => verify(secret));
});
