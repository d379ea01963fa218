import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findBinary } from './binaries.js';
import type { HealthyServer, ServerProcess, StackContext } from './context.js';
import { openOrDiscard } from './data-folder.js';
import { checkAmqp } from './health.js';
import { onFreePorts, untilHealthy } from './healthy.js';
import { writeAtomically } from './json-file.js';
import { startProcess } from './server-process.js';
import type { BrokerAddresses } from './stack-record.js';
import { tcpAnswers } from './tcp-answers.js';

const user = 'orders';

interface Ports {
  readonly amqp: number;
  readonly management: number;
  readonly distribution: number;
  readonly epmd: number;
}

function configuration(context: StackContext, ports: Ports): string {
  return `${[
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${ports.management}`,
    `default_user = ${user}`,
    `default_pass = ${context.secrets.rabbitmq}`,
    'default_user_tags.administrator = true',
    'disk_free_limit.absolute = 50MB',
    'log.console = true',
    'log.console.level = info',
  ].join('\n')}\n`;
}

/** The private broker gets no files and no variables of the machine's own broker. */
function environment(context: StackContext, folder: string, ports: Ports): NodeJS.ProcessEnv {
  const outside = Object.entries(context.env).filter(([name]) => !/^(RABBITMQ_|ERL_|ERLANG_|HOME$|TMPDIR$)/.test(name));
  const schedulers = Math.min(4, availableParallelism());
  return {
    ...Object.fromEntries(outside),
    HOME: folder,
    TMPDIR: join(context.dataDir, 'run'),
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: 'orders@localhost',
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(context.dataDir, 'logs'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'generated'),
    RABBITMQ_SCHEMA_DIR: join(folder, 'schema'),
    RABBITMQ_PLUGINS_EXPAND_DIR: join(folder, 'plugins-expand'),
    RABBITMQ_PID_FILE: join(context.dataDir, 'run', 'rabbitmq.pid'),
    // The start script then replaces itself with the Erlang machine and does not wait for it: one process to stop.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: [
      '-noinput +B i',
      '-kernel inet_dist_use_interface {127,0,0,1}',
      // Several brokers on one machine would otherwise all bind to the same cores.
      `+stbt u +S ${schedulers}:${schedulers} +sbwt none +sbwtdcpu none +sbwtdio none`,
    ].join(' '),
  };
}

/** Starts Erlang's port mapper in the foreground. Erlang would start it as a daemon that runs on after the stop. */
async function startPortMapper(context: StackContext, port: number): Promise<ServerProcess> {
  const file = findBinary(context.env, 'epmd');
  if (file === undefined) throw new Error('epmd, which belongs to Erlang, was not found on PATH');
  const args = ['-port', String(port), '-address', '127.0.0.1'];
  const epmd = await startProcess(context, { name: 'epmd', file, args, graceMs: 2_000 });
  await untilHealthy(context, epmd, () => tcpAnswers(port));
  return epmd;
}

/** A private RabbitMQ on 127.0.0.1 with the management plugin, one administrator and no guest. */
export async function startRabbitmq(context: StackContext, script: string): Promise<HealthyServer<BrokerAddresses>> {
  const folder = join(context.dataDir, 'rabbitmq');
  const data = openOrDiscard(folder);
  mkdirSync(join(context.dataDir, 'run'), { recursive: true });
  const names = ['amqp', 'rabbitmq-management', 'rabbitmq-distribution', 'epmd'];
  return onFreePorts(context, names, async (...taken) => {
    const [amqp, management, distribution, epmd] = taken as [number, number, number, number];
    const ports = { amqp, management, distribution, epmd };
    writeAtomically(join(folder, 'rabbitmq.conf'), configuration(context, ports));
    writeAtomically(join(folder, 'rabbitmq-env.conf'), '');
    writeAtomically(join(folder, 'advanced.config'), '[].\n');
    writeAtomically(join(folder, 'enabled_plugins'), '[rabbitmq_management].\n');
    const mapper = await startPortMapper(context, epmd);
    const env = environment(context, folder, ports);
    const login = `${user}:${context.secrets.rabbitmq}@127.0.0.1`;
    const amqpUrl = `amqp://${login}:${amqp}/`;
    try {
      const process = await startProcess(context, { name: 'rabbitmq', file: script, args: [], env });
      const version = await untilHealthy(context, process, () => checkAmqp(amqpUrl));
      await untilHealthy(context, process, () => tcpAnswers(management));
      data.markReady();
      const rabbitmqUiUrl = `http://127.0.0.1:${management}/`;
      const addresses = { amqpUrl, rabbitmqUiUrl, rabbitmqApiUrl: `http://${login}:${management}/` };
      return { addresses, version, endpoint: `127.0.0.1:${amqp}`, process };
    } catch (error) {
      await mapper.stop();
      throw error;
    }
  });
}
