import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { accountName } from './account-name.js';
import { findBinary } from './binaries.js';
import type { HealthyServer, StackContext } from './context.js';
import { makeOnce } from './data-folder.js';
import { checkMysql } from './health.js';
import { onFreePorts, untilHealthy } from './healthy.js';
import { writeAtomically } from './json-file.js';
import { accountStatements } from './mysql-account.js';
import { runStep, startProcess } from './server-process.js';
import type { MysqlAddresses } from './stack-record.js';

const isMariadb = (server: string): boolean => basename(server).startsWith('mariadb');

// A server that root starts refuses to run as root without this option.
const asUser = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

// At its start a server deletes the temporary tables in its folder. In the system's folder it would also delete those
// of other servers.
function temporaryFolder(context: StackContext): string {
  const folder = join(context.dataDir, 'run', 'mysql-tmp');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

async function initialize(context: StackContext, server: string, folder: string): Promise<void> {
  const tmpdir = `--tmpdir=${temporaryFolder(context)}`;
  if (!isMariadb(server)) {
    const args = ['--no-defaults', '--initialize-insecure', `--datadir=${folder}`, tmpdir, ...asUser()];
    return runStep(context, { name: 'mysql-install', file: server, args });
  }
  // Homebrew keeps the installer beside the server, Debian in another folder.
  const beside = join(dirname(server), 'mariadb-install-db');
  const installer = existsSync(beside) ? beside : findBinary(context.env, 'mariadb-install-db', 'mysql_install_db');
  if (installer === undefined) throw new Error(`${server} is here, but mariadb-install-db is not`);
  await runStep(context, {
    name: 'mysql-install',
    file: installer,
    args: [
      '--no-defaults',
      `--datadir=${folder}`,
      tmpdir,
      '--skip-test-db',
      '--skip-name-resolve',
      '--auth-root-authentication-method=socket',
      `--auth-root-socket-user=${accountName()}`,
      ...asUser(),
    ],
  });
}

/** The server runs this file at every start, before it accepts connections: new passwords work after a lost file. */
function initFile(context: StackContext, server: string): string {
  const statements = accountStatements(context);
  if (!isMariadb(server)) statements.push(`ALTER USER 'root'@'localhost' IDENTIFIED BY '${context.secrets.mysqlRoot}'`);
  return `${statements.join(';\n')};\n`;
}

function serverArguments(context: StackContext, server: string, folder: string, port: number, init: string): string[] {
  const relaxed = context.durability === 'relaxed';
  return [
    '--no-defaults',
    `--datadir=${folder}`,
    `--tmpdir=${temporaryFolder(context)}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${join(context.dataDir, 'run', 'mysql.sock')}`,
    `--pid-file=${join(context.dataDir, 'run', 'mysql.pid')}`,
    `--init-file=${init}`,
    '--skip-name-resolve',
    '--max-connections=500',
    '--character-set-server=utf8mb4',
    '--transaction-isolation=READ-COMMITTED',
    '--default-time-zone=+00:00',
    '--innodb-buffer-pool-size=256M',
    '--skip-log-bin',
    `--innodb-flush-log-at-trx-commit=${relaxed ? 2 : 1}`,
    ...(isMariadb(server) ? [] : ['--mysqlx=OFF']),
    ...asUser(),
  ];
}

/** A private MariaDB or MySQL on 127.0.0.1, with a database and an account of its own. */
export async function startMysql(context: StackContext, server: string): Promise<HealthyServer<MysqlAddresses>> {
  const folder = join(context.dataDir, 'mysql');
  await makeOnce(folder, (draft) => initialize(context, server, draft));
  const init = join(context.dataDir, 'run', 'mysql-init.sql');
  mkdirSync(dirname(init), { recursive: true });
  writeAtomically(init, initFile(context, server));
  return onFreePorts(context, ['mysql'], async (port) => {
    const args = serverArguments(context, server, folder, port as number, init);
    const process = await startProcess(context, { name: 'mysql', file: server, args });
    const mysqlUrl = `mysql://orders:${context.secrets.mysql}@127.0.0.1:${port}/${context.mysqlDatabase}`;
    const version = await untilHealthy(context, process, () => checkMysql(mysqlUrl));
    return { addresses: { mysqlUrl }, version, endpoint: `127.0.0.1:${port}`, process };
  });
}
