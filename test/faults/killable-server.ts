import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../src/cli/story/until.js';
import { type Stack, type StackAddresses, type StackServer, startStack } from '../../src/stack/index.js';
import { identify, isAlive, type ProcessId } from '../../src/stack/process-id.js';
import { ended, signalProcess } from '../../src/stack/processes.js';
import { HELPER_LIMIT_MS } from '../helpers/retried.js';

/** One private server in a stack of its own: a kill and a new start do not affect the other servers. */
export interface KillableServer {
  readonly addresses: StackAddresses;
  readonly dataDir: string;
  /** SIGKILL: nothing is flushed and no connection is closed properly. */
  readonly kill: () => Promise<void>;
  /** SIGSTOP: the system accepts connections, and the server does not answer. Resolves when each thread stands still. */
  readonly freeze: () => Promise<void>;
  readonly thaw: () => void;
  /** On the same data and the same ports; resolves when it answers. */
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The servers of the test run: a stack uses these addresses, and starts only the missing server. */
const given: Readonly<Record<StackServer['name'], NodeJS.ProcessEnv>> = {
  mysql: { MYSQL_URL: process.env.TEST_MYSQL_URL },
  rabbitmq: { AMQP_URL: process.env.TEST_AMQP_URL },
  temporal: { TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS },
};

const threadStates = ({ pid }: ProcessId): (string | undefined)[] =>
  readdirSync(`/proc/${pid}/task`).map(
    (thread) => /\) (?<state>\S)/.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))?.groups?.['state'],
  );

export async function startKillable(name: StackServer['name']): Promise<KillableServer> {
  const dataDir = realpathSync(mkdtempSync(join(tmpdir(), `order-bridge-${name}-`)));
  const others = Object.entries(given).filter(([other]) => other !== name);
  const env = Object.assign({ ...process.env }, ...others.map(([, address]) => address)) as NodeJS.ProcessEnv;
  const start = () => startStack({ dataDir, env, say: () => undefined });
  let stack = await start();
  let server = processOf(stack, name);
  const { addresses } = stack;

  async function kill(): Promise<void> {
    if (!isAlive(server)) return;
    signalProcess(server, 'SIGKILL');
    if (!(await ended(server, HELPER_LIMIT_MS))) throw new Error(`${name} outlived SIGKILL`);
  }

  return {
    addresses,
    dataDir,
    kill,
    async freeze() {
      signalProcess(server, 'SIGSTOP');
      // On a busy machine the threads of the server run on until the first of them takes the signal.
      await until(
        `${name} to stand still`,
        async () => threadStates(server),
        (states) => states.every((state) => state === 'T'),
      );
    },
    thaw: () => signalProcess(server, 'SIGCONT'),
    async restart() {
      await stack.stop();
      stack = await start();
      server = processOf(stack, name);
      const moved = JSON.stringify(stack.addresses) !== JSON.stringify(addresses);
      if (moved) throw new Error(`another process took a port of ${name} while it was dead`);
    },
    async close() {
      await kill();
      await stack.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function processOf({ servers }: Stack, name: StackServer['name']): ProcessId {
  const { pid = 0 } = servers.find((server) => server.name === name) ?? {};
  const id = identify(pid);
  if (id === undefined) throw new Error(`${name} is no process of this stack: tests kill only what they started`);
  return id;
}

/**
 * RabbitMQ 3.10 writes the name of a new quorum queue a second or two after it accepted messages in it. A broker that
 * is killed before finds the queue without a leader. These tests are not about this fault of RabbitMQ, so they wait.
 */
export async function queuesAreWritten({ dataDir }: KillableServer, queues: readonly string[]): Promise<void> {
  const quorum = join(dataDir, 'rabbitmq', 'mnesia', 'orders@localhost', 'quorum', 'orders@localhost');
  const names = join(quorum, 'names.dets');
  await until(
    `the broker to write the names of ${queues.join(' and ')}`,
    // RabbitMQ 4 writes the names to another place, and at once.
    async () => (existsSync(names) ? readFileSync(names).toString('latin1') : undefined),
    (written) => written === undefined || queues.every((queue) => written.includes(`_${queue}`)),
  );
}
