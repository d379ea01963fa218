import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { markCaptureFailed } from '../../src/db/authorisations/outcomes.js';
import { fanOut } from '../../src/db/events/fan-out.js';
import { createSettlements } from '../../src/db/orders/settlements.js';
import { riskNames } from '../../src/domain/risks.js';
import { operateEndpoints } from '../../src/process/operate-endpoints.js';
import { checkAmqp } from '../../src/stack/health.js';
import { authorisingShop } from '../helpers/authorised.js';
import { createBroker, type TestBroker } from '../helpers/broker.js';
import { placeOrder, shopDatabase } from '../helpers/database.js';
import { freePort } from '../helpers/free-port.js';
import { temporal } from '../helpers/servers.js';
import { bareNamespace } from '../helpers/temporal.js';
import { orders } from './orders.js';

/** `orders doctor` as an operator runs it. One at a time: each run checks every server, with a time-out of seconds. */

const servers = {
  MYSQL_URL: process.env['TEST_MYSQL_URL'],
  TEMPORAL_ADDRESS: temporal.address,
  PORT: '0',
  // The tests' servers may have fast settings that lose commits.
  ACCEPTED_RISKS: riskNames.join(','),
};

const doctor = (env: NodeJS.ProcessEnv = {}) => orders(['doctor'], { ...servers, AMQP_URL: broker.url, ...env });

/** A virtual host that has what the processes need. */
let broker: TestBroker;
const cleanUps: (() => Promise<void>)[] = [];
const hook = { teardown: (cleanUp: () => Promise<void>) => void cleanUps.unshift(cleanUp) };

test.before(async () => {
  broker = await createBroker(hook, 'quorum');
});

test.after.always(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
});

/** The HTTP server of another program. */
async function serveOtherProgram(t: ExecutionContext, headers: Record<string, string> = {}): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(401, headers).end('{}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test.serial('doctor exits 0 where nothing is missing, and names each server and its version', async (t) => {
  const { code, out } = await doctor();
  t.is(code, 0, out);
  for (const what of ['Node.js', 'disk', 'MySQL', 'RabbitMQ', 'Temporal', 'API', 'operators', 'queues', 'durability']) {
    t.regex(out, new RegExp(`^ok +${what.replace('.', '\\.')} `, 'm'));
  }
  t.regex(out, /Nothing is missing\.\n$/);
});

test.serial('doctor exits 1 when a server is missing, and names its address and what to do', async (t) => {
  const port = await freePort();
  const { code, out } = await doctor({ AMQP_URL: `amqp://somebody:secret@127.0.0.1:${port}/` });
  t.is(code, 1, out);
  t.regex(out, new RegExp(`^wrong +RabbitMQ +127\\.0\\.0\\.1:${port}: .*\\n +correct AMQP_URL`, 'm'));
  t.regex(out, /1 of \d+ are wrong\.\n$/);
  t.false(out.includes('secret'));
});

for (const [name, what] of [
  ['PORT', 'API'],
  ['ADMIN_PORT', 'operators'],
] as const) {
  test.serial(`doctor reports the fault of ${name}`, async (t) => {
    const { code, out } = await doctor({ [name]: 'abc' });
    t.is(code, 1, out);
    t.regex(out, new RegExp(`^wrong +${what} +${name} .*Example: ${name}=`, 'm'));
    t.notRegex(out, /NaN/);
  });

  test.serial(`doctor names another program on ${name}`, async (t) => {
    const port = await serveOtherProgram(t);
    const { code, out } = await doctor({ [name]: String(port) });
    t.is(code, 1, out);
    t.regex(
      out,
      new RegExp(`^wrong +${what} +127\\.0\\.0\\.1:${port}: something else answers\\n +set ${name} to`, 'm'),
    );
  });

  test.serial(`doctor says that ${name} is free`, async (t) => {
    const port = await freePort();
    const { code, out } = await doctor({ [name]: String(port) });
    t.is(code, 0, out);
    t.regex(out, new RegExp(`^ok +${what} +127\\.0\\.0\\.1:${port}: free`, 'm'));
  });
}

test.serial("doctor recognises our own operators' listener", async (t) => {
  const port = await serveOtherProgram(t, { 'www-authenticate': 'Bearer realm="operators"' });
  const { code, out } = await doctor({ ADMIN_PORT: String(port) });
  t.is(code, 0, out);
  t.regex(out, new RegExp(`^ok +operators +127\\.0\\.0\\.1:${port}: the operators' routes answer`, 'm'));
});

test.serial('doctor names a queue that is not durable, and the command', async (t) => {
  const other = await createBroker(t);
  await other.channel.assertQueue('order_cancel_queue', { durable: false });
  const { code, out } = await doctor({ AMQP_URL: other.url });
  t.is(code, 1, out);
  t.regex(
    out,
    /^wrong +queues +queue order_cancel_queue was declared before with another durable: .*\n +npx orders topology$/m,
  );
});

test.serial('doctor names what a Temporal namespace lacks, and the command', async (t) => {
  const { namespace } = await bareNamespace(t, 48);
  const { code, out } = await doctor({ TEMPORAL_NAMESPACE: namespace });
  t.is(code, 1, out);
  t.regex(out, /^wrong +Temporal +.*no search attribute OrderStatus.*\n +orders temporal setup$/m);
});

test.serial(
  'doctor reports each wrong variable as a finding and continues, with no password and no stack',
  async (t) => {
    const { code, out, err } = await doctor({
      MYSQL_URL: 'mysql://orders:geheim@db:33o6/x',
      AMQP_URL: 'amqps://orders:geheim@mq/?cacertfile=/nope',
      TEMPORAL_PROFILE: 'nope',
      ACCEPTED_RISKS: 'galara',
      PAYMENT_WEBHOOK_SECRET: 'geheim',
      PAYMENT_PROVIDER_URL: 'ftp://geheim',
      PAYMENT_PROVIDER_TOKEN: 'geheim',
      STRIPE_SECRET_KEY: 'sk_live_geheim',
      CHECKOUT_TOKEN: 'geheim',
      ADMIN_TOKEN: 'geheim',
    });
    t.is(code, 1, out);
    for (const [what, name] of [
      ['MySQL', 'MYSQL_URL'],
      ['RabbitMQ', 'AMQP_URL'],
      ['Temporal', 'TEMPORAL_PROFILE'],
      ['durability', 'ACCEPTED_RISKS'],
      ['payments', 'PAYMENT_WEBHOOK_SECRET'],
      ['payments', 'PAYMENT_PROVIDER_URL'],
      ['payments', 'PAYMENT_PROVIDER_TOKEN'],
      ['Stripe', 'STRIPE_WEBHOOK_SECRET'],
      ['checkouts', 'CHECKOUT_TOKEN'],
      ['operators', 'ADMIN_TOKEN'],
    ]) {
      t.regex(out, new RegExp(`^wrong +${what} +${name} .* Example: ${name}=.*\\n +correct it, or unset it$`, 'm'));
    }
    t.regex(out, /^10 of \d+ are wrong\.$/m);
    t.is(err, '');
    t.notRegex(out, /geheim|^ +at /m);
  },
);

test.serial(
  'doctor checks no folder and no tool where no private server may run, and names what is not set',
  async (t) => {
    const { code, out, err } = await doctor({
      NODE_ENV: 'production',
      TEMPORAL_ADDRESS: '',
      ADMIN_TOKEN: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      ORDERS_DATA_DIR: '/dev/null/data',
    });
    t.is(code, 1, out);
    t.regex(
      out,
      /^wrong +Temporal +TEMPORAL_ADDRESS is not set, and NODE_ENV=production starts .*\n +set TEMPORAL_ADDRESS$/m,
    );
    t.regex(
      out,
      /^wrong +operators +ADMIN_TOKEN repeats a few characters, which NODE_ENV=production refuses\..*\n +set it for the API$/m,
    );
    t.regex(out, /^wrong +payments +PAYMENT_PROVIDER_TOKEN is missing, .*\n +set it for the worker$/m);
    t.regex(out, /^wrong +checkouts +CHECKOUT_TOKEN is missing, .* or CHECKOUT_OPEN=true\..*\n +set it for the API$/m);
    t.regex(out, /^ok +Stripe +.* not set: Stripe is not used$/m);
    t.notRegex(out, /aaaa/);
    t.regex(out, /^ok +MySQL /m);
    t.notRegex(out, / disk /);
    t.is(err, '');
  },
);

test.serial(
  'doctor names each endpoint that is paused or has failed for long, and the command that mends it',
  async (t) => {
    const { pool, url } = await shopDatabase(t);
    const add = async (address: string) => {
      const added = await operateEndpoints(pool, { allowPrivate: true }).add({
        url: `http://127.0.0.1:9/${address}`,
        events: ['*'],
        signature: 'v1',
        by: 'a test',
      });
      return added.kind === 'added' ? added.endpoint.endpointId : added.kind;
    };
    const none = await doctor({ MYSQL_URL: url });
    t.is(none.code, 0, none.out);
    t.regex(none.out, /^ok +endpoints +none$/m);
    const [paused, failing, failingNow, good] = [await add('a-token'), await add('b'), await add('c'), await add('d')];
    const failed = (id: string, minutes: number) =>
      pool.query(
        `UPDATE endpoints SET failures = 5, failing_since = UTC_TIMESTAMP(3) - INTERVAL ? MINUTE, last_failure = 'answered 502'
       WHERE endpoint_id = ?`,
        [minutes, id],
      );
    await failed(failingNow, 50);
    t.regex((await doctor({ MYSQL_URL: url })).out, /^ok +endpoints +4, none is paused/m);
    await failed(failing, 70);
    await operateEndpoints(pool, { allowPrivate: true }).pause(paused, 'by ada: moves');
    await placeOrder(pool);
    while ((await fanOut(pool)) > 0);
    const { code, out } = await doctor({ MYSQL_URL: url });
    t.is(code, 1, out);
    t.regex(
      out,
      new RegExp(
        `^wrong +endpoints +${paused} is paused since .*\\(by ada: moves\\), 1 event waits\\n +orders endpoints test ${paused}, then orders endpoints resume ${paused}$`,
        'm',
      ),
    );
    t.regex(
      out,
      new RegExp(
        `^wrong +endpoints +${failing} has taken nothing since .*\\(answered 502\\).*\\n +orders endpoints test ${failing}`,
        'm',
      ),
    );
    for (const other of [failingNow, good, 'a-token']) t.false(out.includes(other));
  },
);

test.serial('doctor names the captures that were refused for good, and the command that mends them', async (t) => {
  const { pool, databaseUrl, authorised } = await authorisingShop(t);
  const paid = async () => {
    const { orderId, reference, authorisation } = await authorised();
    await createSettlements(pool).receive(authorisation);
    return { orderId, paymentId: reference };
  };
  const [owed, refused] = [await paid(), await paid()];
  const none = await doctor({ MYSQL_URL: databaseUrl });
  t.is(none.code, 0, none.out);
  t.regex(none.out, /^ok +captures +none is refused$/m);
  await markCaptureFailed(pool, refused, 0, 'expired');
  const { code, out } = await doctor({ MYSQL_URL: databaseUrl });
  t.is(code, 1, out);
  t.regex(
    out,
    new RegExp(
      `^wrong +captures +1 refused for good, .*: ${refused.paymentId}\\n +orders payments list --owed .* orders payments capture ${refused.paymentId}$`,
      'm',
    ),
  );
  t.false(out.includes(owed.paymentId));
});

/** A proxy to the broker that drops the broker's answers after the client has sent `Connection.Close`. */
async function proxyWithoutCloseOk(t: ExecutionContext): Promise<string> {
  const { hostname, port } = new URL(broker.url);
  // Class 10, method 50 of AMQP 0-9-1.
  const connectionClose = Buffer.from([0, 10, 0, 50]);
  const proxy = createTcpServer((client) => {
    const server = connect(Number(port), hostname);
    for (const socket of [client, server]) socket.on('error', () => undefined);
    server.on('data', (bytes) => void client.write(bytes));
    client.on('data', (bytes) => {
      if (bytes.includes(connectionClose)) server.pause();
      server.write(bytes);
    });
    t.teardown(() => [client, server].forEach((socket) => void socket.destroy()));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.teardown(() => void proxy.close());
  const url = new URL(broker.url);
  url.port = String((proxy.address() as AddressInfo).port);
  return url.href;
}

test.serial('the check of a broker that never answers the close ends by its time-out', async (t) => {
  const url = await proxyWithoutCloseOk(t);
  await t.throwsAsync(checkAmqp(url, 2_000), { message: 'no answer within 2000 ms' });
});
