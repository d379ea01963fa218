import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { findBinary } from './binaries.js';
import type { HealthyServer, StackContext } from './context.js';
import { checkAmqp, checkMysql } from './health.js';
import { accountStatements } from './mysql-account.js';
import { runStep } from './server-process.js';
import type { BrokerAddresses, MysqlAddresses } from './stack-record.js';
import { composeVersion, tooOld } from './tool-versions.js';

const composeFile = join(import.meta.dirname, '..', '..', '..', 'docker-compose.yml');

/** MySQL and RabbitMQ from `docker compose up --wait`, for a machine without their binaries. */
export interface Docker {
  /** Why Docker cannot be used here; undefined when an engine answers and Compose is there. */
  unavailable(): Promise<string | undefined>;
  startMysql(): Promise<HealthyServer<MysqlAddresses>>;
  startRabbitmq(): Promise<HealthyServer<BrokerAddresses>>;
}

/** Undefined when the command succeeds, else the last line of its error output. */
function complaint(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  timeout = 15_000,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'], timeout });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk));
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : errors.trim().split('\n').at(-1) || `exit ${code}`));
  });
}

export function createDocker(context: StackContext): Docker {
  const { env, secrets } = context;
  const docker = findBinary(env, 'docker');
  const project = `order-bridge-${context.marker.split(':')[0]}`;

  async function ask(): Promise<string | undefined> {
    if (docker === undefined) return 'docker was not found on PATH';
    const engine = await complaint(docker, ['info'], env);
    if (engine !== undefined) return `no Docker engine answers: ${engine}`;
    const compose = await complaint(docker, ['compose', 'version'], env);
    if (compose !== undefined) return `docker compose is not installed: ${compose}`;
    const old = tooOld('Docker Compose', composeVersion(docker));
    return old && `${old.problem}; ${old.mend}`;
  }
  let answer: Promise<string | undefined> | undefined;

  // docker-compose.yml holds the images and health checks; ports and passwords are passed as variables.
  async function up(service: 'mysql' | 'rabbitmq', variables: Record<string, string>): Promise<void> {
    const file = docker as string;
    const args = ['compose', '--project-name', project, '--file', composeFile];
    const composeEnv = { ...env, ...variables };
    const stop = context.temporary ? [...args, 'down', '--volumes'] : [...args, 'stop', service];
    context.reaper.send({ kind: 'command', argv: [file, ...stop], env: variables });
    context.cleanups.push(async () => {
      const problem = await complaint(file, stop, composeEnv, 60_000);
      if (problem !== undefined) context.say(`${service}: docker compose could not stop it: ${problem}`);
    });
    context.say(
      `${service}: no server on this machine; starting one in Docker, which fetches its image the first time`,
    );
    const start = [...args, 'up', '--detach', '--wait', '--wait-timeout', '300', service];
    await runStep(context, { name: `docker-${service}`, file, args: start, env: composeEnv });
  }

  // Two `docker compose up` at once would both create the project's network, and one of them would fail.
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = last.then(work, work);
    last = next;
    return next;
  }

  return {
    unavailable: () => {
      answer ??= ask();
      return answer;
    },

    startMysql: () =>
      inTurn(async () => {
        const [port] = await context.ports.take(['mysql']);
        await up('mysql', {
          MYSQL_PORT: String(port),
          MYSQL_PASSWORD: secrets.mysql,
          MYSQL_ROOT_PASSWORD: secrets.mysqlRoot,
        });
        const root = await createConnection(`mysql://root:${secrets.mysqlRoot}@127.0.0.1:${port}/`);
        try {
          for (const statement of accountStatements(context)) await root.query(statement);
        } finally {
          await root.end();
        }
        const mysqlUrl = `mysql://orders:${secrets.mysql}@127.0.0.1:${port}/${context.mysqlDatabase}`;
        return { addresses: { mysqlUrl }, version: await checkMysql(mysqlUrl), endpoint: `127.0.0.1:${port}` };
      }),

    startRabbitmq: () =>
      inTurn(async () => {
        const [port, management] = await context.ports.take(['amqp', 'rabbitmq-management']);
        await up('rabbitmq', {
          RABBITMQ_PORT: String(port),
          RABBITMQ_MANAGEMENT_PORT: String(management),
          RABBITMQ_PASSWORD: secrets.rabbitmq,
        });
        const login = `orders:${secrets.rabbitmq}@127.0.0.1`;
        const amqpUrl = `amqp://${login}:${port}/`;
        const rabbitmqApiUrl = `http://${login}:${management}/`;
        const addresses = { amqpUrl, rabbitmqUiUrl: `http://127.0.0.1:${management}/`, rabbitmqApiUrl };
        return { addresses, version: await checkAmqp(amqpUrl), endpoint: `127.0.0.1:${port}` };
      }),
  };
}
