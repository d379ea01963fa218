import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import test, { type ExecutionContext } from 'ava';
import type { ShopEvent } from '../../src/domain/event.js';
import { newKey, publicPart } from '../../src/endpoints/keys.js';
import { openConnections } from '../../src/endpoints/post.js';
import { type WebhookRequest, webhookOf } from '../../src/endpoints/webhook.js';
import { read, root } from '../compose/files.js';

/** What we send, as receivers in other programs verify it. */

const event: ShopEvent = {
  eventId: '01985d30-51c7-7000-9f31-0d1c4f5b7a10',
  type: 'order.paid',
  subject: '01985d2e-4f6b-7a12-8c55-6a1d0f6f2b11',
  sequence: 2,
  occurredAt: new Date('2026-11-28T10:03:07.212Z'),
  data: { reference: 'Größe "M" €', status: 'paid' },
};
const [older, newer] = [newKey('v1'), newKey('v1')];
const webhook = webhookOf(event, [newer, older], Date.now());
const late = webhookOf(event, [newer], Date.now() - 6 * 60_000);
const changed: WebhookRequest = { ...webhook, body: webhook.body.replace('paid', 'sent') };

test('the receiver of docs/events.md takes what is signed with its secret, each event once, and nothing else', async (t) => {
  const [, code = ''] = /```js\n(\/\/ receiver[\s\S]*?)```/.exec(read('docs/events.md')) ?? [];
  t.true(code.split('\n').length <= 35 && code !== '');
  const file = join(mkdtempSync(join(tmpdir(), 'receiver-')), 'receiver.mjs');
  writeFileSync(file, code);
  const receiver = spawn(process.execPath, [file], { env: { ...process.env, WEBHOOK_SECRET: older, PORT: '0' } });
  t.teardown(async () => {
    receiver.kill();
    await once(receiver, 'exit');
  });
  const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
  const [, port = ''] = /(\d+)$/.exec((await lines.next()).value ?? '') ?? [];
  const connections = openConnections(`http://127.0.0.1:${port}/`, { allowPrivate: true });
  t.teardown(async () => connections.close());
  const statusOf = async (request: WebhookRequest) => {
    const answer = await connections.post(request, new AbortController().signal);
    return 'status' in answer ? answer.status : answer.kind;
  };
  t.is(await statusOf(webhook), 204);
  t.is((await lines.next()).value, `order.paid ${event.subject}`);
  t.is(await statusOf(webhook), 204);
  for (const refused of [changed, late, webhookOf(event, [newer], Date.now())]) t.is(await statusOf(refused), 401);
  t.is(await statusOf(webhookOf({ ...event, eventId: 'another', type: 'order.canceled' }, [older], Date.now())), 204);
  t.is((await lines.next()).value, `order.canceled ${event.subject}`, 'the second copy was not handled');
});

/** Without go on this machine these tests are skipped, and the run names them. */
const withGo = spawnSync('go', ['version']).status === 0 ? test.serial : test.serial.skip;

/** What the Go program says to each request, by the secret or by the public key. */
async function verifiedByGo(
  t: ExecutionContext,
  cases: readonly ({ readonly secret: string } & WebhookRequest)[],
): Promise<boolean[]> {
  const folder = join(root, 'test/endpoints/verify-in-go');
  // The library comes by the module proxy, at the version and with the sum of go.mod and go.sum.
  const go = spawn('go', ['run', '.'], {
    cwd: folder,
    env: { ...process.env, GOWORK: 'off', GOFLAGS: '-mod=readonly' },
  });
  const errors: string[] = [];
  go.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  go.stdin.end(cases.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const answers: string[] = [];
  for await (const line of createInterface({ input: go.stdout })) answers.push(line);
  t.is(answers.length, cases.length, errors.join(''));
  return answers.map((answer) => answer === 'ok');
}

withGo(
  'the reference library of Standard Webhooks for Go verifies what we send, by the new and by the old secret',
  async (t) => {
    const cases = [
      { secret: newer, ...webhook },
      { secret: older, ...webhook },
      { secret: newKey('v1'), ...webhook },
      { secret: older, ...changed },
      { secret: newer, ...late },
    ];
    t.deepEqual(await verifiedByGo(t, cases), [true, true, false, false, false]);
  },
);

withGo('ed25519 of Go verifies what we sign as v1a, by the public part of the new and of the old key', async (t) => {
  const [oldKey, newKeyPair] = [newKey('v1a'), newKey('v1a')];
  const signed = webhookOf(event, [newKeyPair, oldKey], Date.now());
  const of = (key: string) => ({ secret: publicPart(key) ?? '' });
  const cases = [
    { ...of(newKeyPair), ...signed },
    { ...of(oldKey), ...signed },
    { ...of(newKey('v1a')), ...signed },
    { ...of(newKeyPair), ...signed, body: changed.body },
    { ...of(newKeyPair), ...webhook },
  ];
  t.deepEqual(await verifiedByGo(t, cases), [true, true, false, false, false]);
});
