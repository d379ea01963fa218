import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import anyTest, { type TestFn } from 'ava';
import type { Placed } from '../../src/cli/story/customer.js';
import { until } from '../../src/cli/story/until.js';
import { startBalancer } from '../helpers/balancer.js';
import { product, type System, startSystem } from '../helpers/system.js';

/** The answers that clients get when an API is stopped under load. */

const test = anyTest as TestFn<{ system: System }>;

test.before(async (t) => {
  const settings = { DRAIN_DELAY: '3 seconds' };
  t.context.system = await startSystem([product('mug', 1_000_000)], settings, { shortWindow: '30 minutes' });
});

test.after.always(async (t) => {
  const { findings } = await t.context.system.audit();
  await t.context.system.close();
  t.deepEqual(findings, [], 'the audit after all of it');
});

interface Asked {
  readonly id: string;
  readonly status: number | undefined;
  readonly connection: string | undefined;
  /** The request was sent on a connection that had carried another request. */
  readonly reused: boolean;
  readonly error: string | undefined;
}

function ask(agent: Agent, url: string, headers: Record<string, string>, body?: string): Promise<Asked> {
  const id = randomUUID();
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST';
    const asking = request(url, { agent, method, headers: { ...headers, 'x-request-id': id } });
    const settle = (more: Partial<Asked>): void =>
      resolve({ id, status: undefined, connection: undefined, error: undefined, reused: asking.reusedSocket, ...more });
    const fail = (error: NodeJS.ErrnoException): void => settle({ error: error.code ?? error.message });
    asking.on('error', fail);
    asking.on('response', (response) => {
      const { statusCode: status, headers: answered } = response;
      response.on('error', fail);
      response.on('end', () => settle({ status, connection: answered.connection }));
      response.resume();
    });
    asking.end(body);
  });
}

/** Clients that send a request `pauseMs` after each answer, each on a connection of its own, until a request fails. */
function startClients(url: string, order: Placed, { count, pauseMs }: { count: number; pauseMs: number }) {
  const all: Asked[] = [];
  let running = true;
  const client = async (_: unknown, index: number): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const reading = { authorization: `Bearer ${order.readToken}` };
    for (let turn = 1; running; turn++) {
      const buys = turn % 50 === 0;
      const body = JSON.stringify({ userId: 1_000 + index, items: [{ sku: 'mug', quantity: 1 }] });
      const asked = buys
        ? await ask(agent, `${url}/checkout`, { 'idempotency-key': randomUUID() }, body)
        : await ask(agent, `${url}/orders/${order.orderId}`, reading);
      all.push(asked);
      if (asked.error !== undefined) break;
      if (pauseMs > 0) await sleep(pauseMs);
    }
    agent.destroy();
  };
  const ended = Promise.all(Array.from({ length: count }, client));
  return {
    all,
    ended,
    stop: async () => {
      running = false;
      await ended;
    },
  };
}

const answers = (all: readonly Asked[], more: number) => {
  const from = all.length;
  return until(
    `${more} more answers`,
    async () => all.length - from,
    (count) => count >= more,
  );
};

test.serial('two APIs behind a balancer answer each request while one API is restarted again and again', async (t) => {
  const { system } = t.context;
  const { body: order } = await system.customers.buy(1, [{ sku: 'mug', quantity: 1 }]);
  const balancer = await startBalancer(t, [system.shopUrl, system.shortWindowUrl]);
  const bothReady = () =>
    until(
      'both APIs to be ready',
      async () => balancer.ready(),
      ({ length }) => length === 2,
    );
  await bothReady();
  const clients = startClients(balancer.url, order, { count: 3, pauseMs: 5 });
  for (let time = 0; time < 3; time++) {
    await answers(clients.all, 50);
    await system.stop('api');
    const { ended } = await system.start('api');
    await bothReady();
    void ended.then((how) => t.is(how, 'api ended (0)'));
  }
  await answers(clients.all, 50);
  await clients.stop();
  t.deepEqual(balancer.failures, []);
  t.deepEqual(
    clients.all.filter(({ error, status }) => error !== undefined || ![200, 201].includes(status ?? 0)),
    [],
  );
  t.is(balancer.answered.size, 2);
});

test.serial(
  'keep-alive clients that never pause delay no stop, and each request that was read is answered',
  async (t) => {
    const { system } = t.context;
    await system.stop('api');
    const api = await system.start('api');
    const { body: order } = await system.customers.buy(1, [{ sku: 'mug', quantity: 1 }]);
    const clients = startClients(api.url, order, { count: 16, pauseMs: 0 });
    await answers(clients.all, 200);
    t.true(clients.all.every(({ connection }) => connection === 'keep-alive'));
    const stopped = system.stop('api');
    await until(
      'the API to say that it is not ready',
      async () => (await fetch(`${api.url}/readyz`)).status,
      (status) => status === 503,
    );
    await clients.ended;
    await stopped;
    t.is(await api.ended, 'api ended (0)');
    const failed = clients.all.filter(({ error }) => error !== undefined);
    t.is(failed.length, 16, 'each client goes on until the port is closed');
    const log = system.logs();
    for (const { id, error, reused } of failed) {
      t.false(reused, `${error}: closed under a request, without a word before`);
      t.false(log.includes(id), `${error}: read and not answered`);
    }
    t.true(clients.all.some(({ connection }) => connection === 'close'));
    t.notRegex(log, /did not stop as it should/);
    await system.start('api');
  },
);
