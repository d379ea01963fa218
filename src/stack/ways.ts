import { findBinary, findMysqlServer, findRabbitmqServer } from './binaries.js';
import type { StackContext } from './context.js';
import type { Docker } from './docker.js';
import type { Way } from './first-that-works.js';
import { checkAmqp, checkMysql, checkTemporal, temporalFromEnvironment } from './health.js';
import { startMysql } from './mysql-server.js';
import type { PackageInstaller } from './packages.js';
import { startRabbitmq } from './rabbitmq-server.js';
import type { BrokerAddresses, MysqlAddresses, WorkflowAddresses } from './stack-record.js';
import { buildTemporal, cachedTemporal, downloadTemporal, pinned } from './temporal-binary.js';
import { startTemporal } from './temporal-server.js';
import { databaseOf, mysqlVersion, rabbitmqVersion, type TooOld, temporalVersion, tooOld } from './tool-versions.js';
import { hereLabel, type Source, unless, usualWays } from './usual-ways.js';

const hostOf = (url: string): string => new URL(url).host;

function databaseTooOld(server: string): TooOld | undefined {
  const version = mysqlVersion(server);
  return tooOld(databaseOf(version ?? ''), version);
}

export function waysToMysql(context: StackContext, docker: Docker, packages: PackageInstaller): Way<MysqlAddresses>[] {
  const source: Source<MysqlAddresses> = {
    variable: 'MYSQL_URL',
    names: 'mariadbd or mysqld',
    check: async (mysqlUrl) => ({
      addresses: { mysqlUrl },
      version: await checkMysql(mysqlUrl),
      endpoint: hostOf(mysqlUrl),
    }),
    find: () => findMysqlServer(context.env),
    tooOld: databaseTooOld,
    startPrivate: (binary) => startMysql(context, binary),
    startInDocker: () => docker.startMysql(),
  };
  return usualWays(source, context, docker, packages);
}

export function waysToRabbitmq(
  context: StackContext,
  docker: Docker,
  packages: PackageInstaller,
): Way<BrokerAddresses>[] {
  const source: Source<BrokerAddresses> = {
    variable: 'AMQP_URL',
    names: 'rabbitmq-server',
    check: async (amqpUrl) => ({
      addresses: { amqpUrl },
      version: await checkAmqp(amqpUrl),
      endpoint: hostOf(amqpUrl),
    }),
    find: () => findRabbitmqServer(context.env),
    tooOld: (script) => tooOld('RabbitMQ', rabbitmqVersion(script)),
    startPrivate: (script) => startRabbitmq(context, script),
    startInDocker: () => docker.startRabbitmq(),
  };
  return usualWays(source, context, docker, packages);
}

export function waysToTemporal(context: StackContext): Way<WorkflowAddresses>[] {
  const address = context.env.TEMPORAL_ADDRESS?.trim();
  const binary = findBinary(context.env, 'temporal');
  const named: Way<WorkflowAddresses> = {
    label: 'TEMPORAL_ADDRESS',
    origin: 'environment',
    unavailable: () => unless(address, 'not set'),
    start: async () => {
      const { options, namespace } = temporalFromEnvironment(context.env);
      const version = await checkTemporal(options, namespace);
      const addresses = { temporalAddress: address as string, temporalNamespace: namespace };
      return { addresses, version, endpoint: addresses.temporalAddress };
    },
  };
  if (address) return [named];
  return [
    named,
    {
      label: hereLabel,
      origin: 'private',
      unavailable: () =>
        binary === undefined
          ? 'temporal was not found on PATH or in the usual folders'
          : tooOld('Temporal server', temporalVersion(binary))?.problem,
      start: () => startTemporal(context, binary as string),
    },
    {
      label: 'a private server that was downloaded or built before',
      origin: 'private',
      unavailable: async () => unless(await cachedTemporal(context.env), 'there is none'),
      start: async () => startTemporal(context, (await cachedTemporal(context.env)) as string),
    },
    {
      label: "the SDK's own download",
      origin: 'sdk-download',
      unavailable: () => undefined,
      start: async () => startTemporal(context, await downloadTemporal(context)),
    },
    {
      label: 'a private server built from its Go module',
      origin: 'private',
      unavailable: async () => (await pinned()).findGo(context.env).problem,
      start: async () => startTemporal(context, await buildTemporal(context)),
    },
  ];
}
