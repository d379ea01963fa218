import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from './binaries.js';
import type { HealthyServer, StackContext } from './context.js';
import { checkAmqp, checkMysql } from './health.js';
import { writeAtomically } from './process-lock.js';
import { runStep } from './server-process.js';
import type { BrokerAddresses, MysqlAddresses } from './stack-record.js';

/** MySQL and RabbitMQ from `docker compose up --wait`, for a machine without their binaries. */
export interface Docker {
  /** Why Docker cannot be used here; undefined when an engine answers and Compose is there. */
  unavailable(): Promise<string | undefined>;
  startMysql(): Promise<HealthyServer<MysqlAddresses>>;
  startRabbitmq(): Promise<HealthyServer<BrokerAddresses>>;
}

interface Service {
  readonly image: string;
  readonly environment: Record<string, string>;
  readonly command?: string;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly hostname?: string;
  readonly healthcheck: { test: readonly string[]; interval: string; retries: number };
}

const healthcheck = (...test: string[]) => ({ test: ['CMD', ...test], interval: '2s', retries: 60 });

/** Undefined when the command succeeds, else its last line. */
function complaint(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: 15_000 });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk));
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : errors.trim().split('\n').at(-1) || `exit ${code}`));
  });
}

export function createDocker(context: StackContext): Docker {
  const { env, dataDir, secrets } = context;
  const docker = findBinary(env, 'docker');
  const project = (name: string) => `order-bridge-${context.marker.split(':')[0]}-${name}`;

  async function ask(): Promise<string | undefined> {
    if (docker === undefined) return 'docker was not found on PATH';
    const engine = await complaint(docker, ['info'], env);
    if (engine !== undefined) return `no Docker engine answers: ${engine}`;
    const compose = await complaint(docker, ['compose', 'version'], env);
    return compose === undefined ? undefined : `docker compose is not installed: ${compose}`;
  }
  let answer: Promise<string | undefined> | undefined;

  async function up(name: string, service: Service): Promise<void> {
    const folder = join(dataDir, 'docker');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${name}.json`);
    // Compose reads YAML, and JSON is YAML.
    writeAtomically(file, JSON.stringify({ services: { [name]: service }, volumes: { data: {} } }, null, 2));
    const compose = [docker as string, 'compose', '-p', project(name), '-f', file];
    const down = [...compose, 'stop'];
    context.reaper.tell({ kind: 'command', argv: down });
    context.cleanups.push(async () => {
      if (existsSync(file)) await complaint(down[0] as string, down.slice(1), env);
    });
    context.say(`${name}: no server on this machine; starting ${service.image} in Docker`);
    const args = [...compose.slice(1), 'up', '--detach', '--wait', '--wait-timeout', '180'];
    await runStep(context, { name: `docker-${name}`, file: compose[0] as string, args });
  }

  return {
    unavailable: () => (answer ??= ask()),

    async startMysql() {
      const [port] = await context.ports.take(['mysql']);
      await up('mysql', {
        image: 'mysql:8.4',
        command: '--transaction-isolation=READ-COMMITTED --default-time-zone=+00:00 --max-connections=500',
        environment: {
          MYSQL_DATABASE: context.mysqlDatabase,
          MYSQL_ROOT_PASSWORD: secrets.mysqlRoot,
          MYSQL_USER: 'orders',
          MYSQL_PASSWORD: secrets.mysql,
        },
        ports: [`127.0.0.1:${port}:3306`],
        volumes: ['data:/var/lib/mysql'],
        // Over TCP, since the image's own set-up server listens on the socket alone.
        healthcheck: healthcheck('mysql', '-h127.0.0.1', '-uorders', `-p${secrets.mysql}`, '-e', 'SELECT 1'),
      });
      const mysqlUrl = `mysql://orders:${secrets.mysql}@127.0.0.1:${port}/${context.mysqlDatabase}`;
      return { addresses: { mysqlUrl }, version: await checkMysql(mysqlUrl), endpoint: `127.0.0.1:${port}` };
    },

    async startRabbitmq() {
      const [port, management] = await context.ports.take(['amqp', 'rabbitmq-management']);
      await up('rabbitmq', {
        image: 'rabbitmq:4.1-management',
        // The node's name, and with it the folder of its data, is made of the host's name.
        hostname: 'orders',
        environment: { RABBITMQ_DEFAULT_USER: 'orders', RABBITMQ_DEFAULT_PASS: secrets.rabbitmq },
        ports: [`127.0.0.1:${port}:5672`, `127.0.0.1:${management}:15672`],
        volumes: ['data:/var/lib/rabbitmq'],
        healthcheck: healthcheck('rabbitmq-diagnostics', '-q', 'check_port_connectivity'),
      });
      const login = `orders:${secrets.rabbitmq}@127.0.0.1`;
      const amqpUrl = `amqp://${login}:${port}/`;
      const rabbitmqApiUrl = `http://${login}:${management}/`;
      const rabbitmqUiUrl = `http://127.0.0.1:${management}/`;
      const addresses = { amqpUrl, rabbitmqUiUrl, rabbitmqApiUrl };
      return { addresses, version: await checkAmqp(amqpUrl), endpoint: `127.0.0.1:${port}` };
    },
  };
}
