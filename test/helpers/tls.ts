import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { until } from '../../src/cli/story/until.js';
import { findBinary, findMysqlServer } from '../../src/stack/binaries.js';
import { checkMysql } from '../../src/stack/health.js';

interface Teardown {
  teardown(cleanUp: () => Promise<void>): void;
}

export interface Certificates {
  readonly folder: string;
  /** The authority that signed the server's certificate, and another authority. */
  readonly ca: string;
  readonly otherCa: string;
  readonly cert: string;
  /** A certificate by the same authority and with the same key, for another name. */
  readonly certElsewhere: string;
  readonly key: string;
}

/**
 * Makes an authority, its certificates for `localhost` and for `elsewhere`, and a second authority that signed neither.
 */
export function makeCertificates(t: Teardown, elsewhere = 'db.example.com'): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'orders-tls-'));
  t.teardown(async () => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const newKey = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  for (const name of ['ca', 'other']) {
    const files = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)];
    openssl('req', '-x509', ...newKey, ...files, '-subj', `/CN=${name} of a test`);
  }
  openssl(
    'req',
    ...newKey.slice(0, 3),
    '-keyout',
    file('server.key'),
    '-out',
    file('server.csr'),
    '-subj',
    '/CN=localhost',
  );
  const signedBy = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  for (const [name, host] of [
    ['server', 'localhost'],
    ['elsewhere', elsewhere],
  ] as const) {
    writeFileSync(file('names'), `subjectAltName=DNS:${host}`);
    const files = ['-in', file('server.csr'), '-extfile', file('names'), '-out', file(`${name}.pem`)];
    openssl('x509', '-req', ...files, ...signedBy, '-days', '2');
  }
  chmodSync(folder, 0o755);
  return {
    folder,
    ca: file('ca.pem'),
    otherCa: file('other.pem'),
    cert: file('server.pem'),
    certElsewhere: file('elsewhere.pem'),
    key: file('server.key'),
  };
}

/** Terminates TLS in front of a server without TLS, as a load balancer does. @returns the port */
export async function terminateTls(t: Teardown, { cert, key }: Certificates, to: string): Promise<number> {
  const { hostname, port } = new URL(to);
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key), ALPNProtocols: ['h2'] }, (client) => {
    const inside = connect(Number(port), hostname);
    client.pipe(inside).pipe(client);
    client.on('error', () => inside.destroy()).on('close', () => inside.destroy());
    inside.on('error', () => client.destroy()).on('close', () => client.destroy());
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Starts a private MariaDB or MySQL with this certificate; its only user must log in over TLS. @returns its address */
export async function startMysqlWithTls(t: Teardown, certificates: Certificates, port: number): Promise<string> {
  const server = findMysqlServer(process.env);
  if (server === undefined) throw new Error('no MySQL or MariaDB on this machine');
  const data = mkdtempSync(join(tmpdir(), 'orders-tls-mysql-'));
  const asUser = process.getuid?.() === 0 ? ['--user=root'] : [];
  const common = ['--no-defaults', `--datadir=${data}`, ...asUser];
  const installer = findBinary(process.env, 'mariadb-install-db');
  if (installer === undefined) execFileSync(server, [...common, '--initialize-insecure'], { stdio: 'pipe' });
  else {
    const root = ['--auth-root-authentication-method=socket', `--auth-root-socket-user=${userInfo().username}`];
    execFileSync(installer, [...common, '--skip-test-db', '--skip-name-resolve', ...root], { stdio: 'pipe' });
  }
  const init = join(data, 'init.sql');
  writeFileSync(
    init,
    "CREATE DATABASE orders;\nCREATE USER 'orders'@'%' IDENTIFIED BY 'over-tls-alone' REQUIRE SSL;\nGRANT ALL ON *.* TO 'orders'@'%';\n",
  );
  const tls = [`--ssl-ca=${certificates.ca}`, `--ssl-cert=${certificates.cert}`, `--ssl-key=${certificates.key}`];
  const net = [
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${join(data, 'mysql.sock')}`,
    '--skip-name-resolve',
  ];
  const child = spawn(server, [...common, ...tls, ...net, `--init-file=${init}`, '--skip-log-bin'], {
    stdio: 'ignore',
  });
  t.teardown(async () => {
    if (child.exitCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(data, { recursive: true, force: true });
  });
  const url = `mysql://orders:over-tls-alone@localhost:${port}/orders?ssl-ca=${certificates.ca}`;
  const answers = () => checkMysql(url).catch((error: Error) => (child.exitCode === null ? '' : Promise.reject(error)));
  await until('MySQL to answer over TLS', answers, Boolean);
  return url;
}
