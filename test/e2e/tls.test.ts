import { copyFileSync } from 'node:fs';
import { connect } from 'amqplib';
import anyTest, { type TestFn } from 'ava';
import { brokerSocket } from '../../src/amqp/broker-address.js';
import { loadConfig } from '../../src/config/config.js';
import { createPool, ping } from '../../src/db/driver/pool.js';
import { createClient, pingTemporal } from '../../src/temporal/client.js';
import { createWorker } from '../../src/temporal/worker.js';
import { freePort } from '../helpers/free-port.js';
import { createVhost, taskQueue, temporal } from '../helpers/servers.js';
import { product, startSystem } from '../helpers/system.js';
import { type Certificates, makeCertificates, startMysqlWithTls, terminateTls } from '../helpers/tls.js';

/**
 * TLS to each of the three servers, with an authority made for this test. MariaDB has TLS of its own; in front of
 * RabbitMQ and of Temporal's development server a proxy terminates TLS, as a load balancer does.
 */

interface Context {
  readonly certificates: Certificates;
  readonly mysqlUrl: string;
  readonly amqpUrl: string;
  readonly plainAmqpUrl: string;
  readonly temporalAddress: string;
  readonly cleanUps: (() => Promise<void>)[];
}

const test = anyTest as TestFn<Context>;

test.before(async (t) => {
  const cleanUps: (() => Promise<void>)[] = [];
  const later = { teardown: (cleanUp: () => Promise<void>) => void cleanUps.unshift(cleanUp) };
  const certificates = makeCertificates(later);
  const vhost = await createVhost(later);
  const amqps = new URL(vhost.url.replace('amqp:', 'amqps:'));
  amqps.host = `localhost:${await terminateTls(later, certificates, vhost.url)}`;
  amqps.searchParams.set('cacertfile', certificates.ca);
  t.context = {
    certificates,
    mysqlUrl: await startMysqlWithTls(later, certificates, await freePort()),
    amqpUrl: amqps.href,
    plainAmqpUrl: vhost.url,
    temporalAddress: `localhost:${await terminateTls(later, certificates, `tcp://${temporal.address}`)}`,
    cleanUps,
  };
});

test.after.always(async (t) => {
  for (const cleanUp of t.context.cleanUps) await cleanUp();
});

const untrusted = { message: /unable to verify|self.signed|unable to get local issuer|certificate/i };
const changed = (url: string, name: string, value: string): string => {
  const address = new URL(url);
  address.searchParams.set(name, value);
  return address.href;
};
const elsewhere = (url: string): string => url.replace('@localhost', '@127.0.0.1');

test.serial('the whole system runs over TLS, and an order is paid', async (t) => {
  const { mysqlUrl, amqpUrl, plainAmqpUrl, temporalAddress, certificates } = t.context;
  const system = await startSystem(
    [product('mug', 10)],
    {
      AMQP_URL: amqpUrl,
      TEMPORAL_ADDRESS: temporalAddress,
      TEMPORAL_TLS: 'true',
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.ca,
    },
    { servers: { mysqlUrl, amqpUrl: plainAmqpUrl, temporalAddress: temporal.address } },
  );
  try {
    const { body: order } = await system.customers.buy(1, [{ sku: 'mug', quantity: 1 }]);
    await system.customers.pay(order);
    await system.observer.ended(order.orderId, { status: 'paid', movement: 'sold' });
    t.deepEqual((await system.audit()).findings, []);
  } finally {
    await system.close();
  }
});

test.serial('a database whose certificate has another authority or another name is refused', async (t) => {
  const { mysqlUrl, certificates } = t.context;
  const other = changed(mysqlUrl, 'ssl-ca', certificates.otherCa);
  const unnamed = changed(mysqlUrl, 'ssl-mode', 'VERIFY_IDENTITY').replace(/ssl-ca=[^&]*&/, '');
  for (const url of [other, unnamed]) {
    const pool = createPool({ url, size: 1 });
    await t.throwsAsync(ping(pool), untrusted, url);
    await pool.end();
  }
  const plain = createPool({ url: mysqlUrl.replace(/\?.*/, ''), size: 1 });
  await t.throwsAsync(ping(plain), { message: /denied|not allowed/i }, 'its user must come over TLS');
  await plain.end();

  const trusting = createPool({ url: mysqlUrl, size: 1 });
  const [[{ version } = { version: '' }]] = (await trusting.query('SELECT VERSION() AS version')) as unknown as [
    [{ version: string }?],
  ];
  copyFileSync(certificates.certElsewhere, certificates.cert);
  await trusting.query(version.includes('MariaDB') ? 'FLUSH SSL' : 'ALTER INSTANCE RELOAD TLS');
  await trusting.end();
  const misled = createPool({ url: mysqlUrl, size: 1 });
  await t.throwsAsync(ping(misled), { message: /altnames.*db\.example\.com/ });
  await misled.end();
});

test.serial('a broker whose certificate has another authority or another name is refused', async (t) => {
  const { amqpUrl, certificates } = t.context;
  const open = async (url: string) => void (await (await connect(url, brokerSocket(url))).close());
  await t.notThrowsAsync(open(amqpUrl));
  await t.throwsAsync(open(changed(amqpUrl, 'cacertfile', certificates.otherCa)), untrusted);
  await t.throwsAsync(open(amqpUrl.replace(/\?.*/, '')), untrusted);
  await t.throwsAsync(open(elsewhere(amqpUrl)), { message: /altnames|IP/ });
});

test.serial('client and worker refuse a Temporal whose certificate has another authority', async (t) => {
  const { temporalAddress: address, certificates } = t.context;
  const { namespace } = temporal;
  const reach = async () => {
    const client = createClient({ address, namespace });
    try {
      await pingTemporal(client);
    } finally {
      await client.connection.close();
    }
    const activities = {} as Parameters<typeof createWorker>[0]['activities'];
    const { worker, connection } = await createWorker({
      address,
      namespace,
      taskQueue: taskQueue(),
      activities,
      graceMs: 0,
    });
    const running = worker.run();
    worker.shutdown();
    await running;
    await connection.close();
  };
  const workerAlone = () =>
    createWorker({ address, namespace, taskQueue: taskQueue(), activities: {} as never, graceMs: 0 });
  process.env['TEMPORAL_TLS'] = 'true';
  process.env['TEMPORAL_TLS_SERVER_CA_CERT_PATH'] = certificates.ca;
  await t.notThrowsAsync(reach());
  process.env['TEMPORAL_TLS_SERVER_CA_CERT_PATH'] = certificates.otherCa;
  await t.throwsAsync(reach(), { code: 'dependency-unavailable' });
  await t.throwsAsync(workerAlone());
  delete process.env['TEMPORAL_TLS'];
  delete process.env['TEMPORAL_TLS_SERVER_CA_CERT_PATH'];
  await t.throwsAsync(workerAlone(), undefined, 'without TLS nobody answers');
});

test.serial('an address that requires TLS and cannot use TLS stops the start', (t) => {
  const { mysqlUrl, amqpUrl } = t.context;
  const refused = (name: 'MYSQL_URL' | 'AMQP_URL', url: string, message: RegExp) =>
    t.throws(() => loadConfig({ [name]: url }, [name]), { message });
  refused(
    'MYSQL_URL',
    changed(mysqlUrl, 'ssl-ca', '/nowhere/ca.pem'),
    /^MYSQL_URL names a file in ssl-ca that is not there/,
  );
  refused('MYSQL_URL', changed(mysqlUrl, 'ssl-mode', 'REQUIRED'), /^MYSQL_URL has an ssl-mode other than/);
  refused('MYSQL_URL', elsewhere(mysqlUrl), /^MYSQL_URL asks for TLS by an IP address/);
  refused('AMQP_URL', amqpUrl.replace('amqps:', 'amqp:'), /^AMQP_URL has cacertfile and is not amqps:/);
});
