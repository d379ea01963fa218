import { findBinary, findMysqlServer, findRabbitmqServer } from './binaries.js';
import type { HealthyServer, StackContext } from './context.js';
import type { Docker } from './docker.js';
import { checkAmqp, checkMysql, checkTemporal, temporalFromEnvironment } from './health.js';
import type { Rung } from './ladder.js';
import { startMysql } from './mysql-server.js';
import type { PackageInstaller } from './packages.js';
import { startRabbitmq } from './rabbitmq-server.js';
import type { BrokerAddresses, MysqlAddresses, WorkflowAddresses } from './stack-record.js';
import { buildTemporal, downloadTemporal, hasBuiltTemporal } from './temporal-binary.js';
import { startTemporal } from './temporal-server.js';

interface Source<Addresses> {
  readonly variable: string;
  readonly names: string;
  check(url: string): Promise<HealthyServer<Addresses>>;
  find(): string | undefined;
  startPrivate(binary: string): Promise<HealthyServer<Addresses>>;
  startInDocker(): Promise<HealthyServer<Addresses>>;
}

const hereLabel = 'a private server from this machine';
const hostOf = (url: string): string => new URL(url).host;
const unless = (value: string | undefined, reason: string): string | undefined => (value ? undefined : reason);

/** The ways to a server that Docker and the distribution have as well. */
function rungsOf<A>(source: Source<A>, context: StackContext, docker: Docker, packages: PackageInstaller): Rung<A>[] {
  const url = context.env[source.variable]?.trim();
  const missing = `${source.names} was not found on PATH or in the usual folders`;
  // Where the machine's own server fails, its log says why; another one from elsewhere would hide that.
  const tooMany = () => (source.find() === undefined ? undefined : 'not tried, as this machine has a server');
  const start = () => {
    const binary = source.find();
    if (binary === undefined) throw new Error(missing);
    return source.startPrivate(binary);
  };
  return [
    {
      label: source.variable,
      origin: 'environment',
      unavailable: () => unless(url, 'not set'),
      start: () => source.check(url as string),
    },
    { label: hereLabel, origin: 'private', unavailable: () => unless(source.find(), missing), start },
    {
      label: 'Docker',
      origin: 'docker',
      unavailable: async () => tooMany() ?? (await docker.unavailable()),
      start: () => source.startInDocker(),
    },
    {
      label: "the distribution's packages",
      origin: 'private',
      unavailable: () => tooMany() ?? packages.unavailable(),
      start: async () => {
        await packages.install();
        return start();
      },
    },
  ];
}

export function mysqlRungs(context: StackContext, docker: Docker, packages: PackageInstaller): Rung<MysqlAddresses>[] {
  const source: Source<MysqlAddresses> = {
    variable: 'MYSQL_URL',
    names: 'mariadbd or mysqld',
    check: async (mysqlUrl) => ({
      addresses: { mysqlUrl },
      version: await checkMysql(mysqlUrl),
      endpoint: hostOf(mysqlUrl),
    }),
    find: () => findMysqlServer(context.env),
    startPrivate: (binary) => startMysql(context, binary),
    startInDocker: () => docker.startMysql(),
  };
  return rungsOf(source, context, docker, packages);
}

export function rabbitmqRungs(
  context: StackContext,
  docker: Docker,
  packages: PackageInstaller,
): Rung<BrokerAddresses>[] {
  const source: Source<BrokerAddresses> = {
    variable: 'AMQP_URL',
    names: 'rabbitmq-server',
    check: async (amqpUrl) => ({
      addresses: { amqpUrl },
      version: await checkAmqp(amqpUrl),
      endpoint: hostOf(amqpUrl),
    }),
    find: () => findRabbitmqServer(context.env),
    startPrivate: (script) => startRabbitmq(context, script),
    startInDocker: () => docker.startRabbitmq(),
  };
  return rungsOf(source, context, docker, packages);
}

export function temporalRungs(context: StackContext): Rung<WorkflowAddresses>[] {
  const address = context.env.TEMPORAL_ADDRESS?.trim();
  const binary = findBinary(context.env, 'temporal');
  const go = findBinary(context.env, 'go');
  return [
    {
      label: 'TEMPORAL_ADDRESS',
      origin: 'environment',
      unavailable: () => unless(address, 'not set'),
      start: async () => {
        const { options, namespace } = temporalFromEnvironment(context.env);
        const version = await checkTemporal(options, namespace);
        const addresses = { temporalAddress: address as string, temporalNamespace: namespace };
        return { addresses, version, endpoint: addresses.temporalAddress };
      },
    },
    {
      label: hereLabel,
      origin: 'private',
      unavailable: () => unless(binary, 'temporal was not found on PATH or in the usual folders'),
      start: () => startTemporal(context, binary as string),
    },
    {
      label: 'a private server built from its Go module',
      origin: 'private',
      unavailable: () => (hasBuiltTemporal(context.env) ? undefined : unless(go, 'go was not found on PATH')),
      start: async () => startTemporal(context, await buildTemporal(context, go ?? 'go')),
    },
    {
      label: "the SDK's own download",
      origin: 'sdk-download',
      unavailable: () => undefined,
      start: async () => startTemporal(context, await downloadTemporal(context)),
    },
  ];
}
