import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinary, findMysqlServer, findRabbitmqServer } from './binaries.js';
import { isDebianLike } from './packages.js';
import { cachedTemporal, pinned } from './temporal-binary.js';
import {
  composeVersion,
  databaseOf,
  erlangVersion,
  mysqlVersion,
  rabbitmqVersion,
  type TooOld,
  temporalVersion,
  tooOld,
} from './tool-versions.js';

/**
 * How a private server would be started on this machine, or what is wrong with its tool; undefined when no tool is
 * here.
 */
export type Here = { readonly found: string } | TooOld | undefined;

const unsaid = 'of a version that it does not say';

/** The way to a server on a machine without its binary. Whether this way works is only known after a try. */
function elsewhere(env: NodeJS.ProcessEnv): Here {
  const docker = findBinary(env, 'docker');
  if (docker !== undefined) {
    const old = tooOld('Docker Compose', composeVersion(docker));
    return old ?? { found: 'one in Docker, if its engine answers' };
  }
  const forbidden = env.ORDERS_NO_INSTALL === '1' || env.NODE_ENV?.trim() === 'production';
  const mayInstall = !forbidden && process.getuid?.() === 0 && isDebianLike();
  return mayInstall ? { found: "one from the distribution's packages, which it installs" } : undefined;
}

export function mysqlHere(env: NodeJS.ProcessEnv): Here {
  const server = findMysqlServer(env);
  if (server === undefined) return elsewhere(env);
  const version = mysqlVersion(server);
  return tooOld(databaseOf(version ?? ''), version) ?? { found: `${server}, ${version ?? unsaid}` };
}

export function rabbitmqHere(env: NodeJS.ProcessEnv): Here {
  const script = findRabbitmqServer(env);
  const erl = findBinary(env, 'erl');
  if (script === undefined || erl === undefined || findBinary(env, 'epmd') === undefined) return elsewhere(env);
  const version = rabbitmqVersion(script);
  const old = tooOld('RabbitMQ', version) ?? tooOld('Erlang', erlangVersion(erl));
  return old ?? { found: `${script}, ${version ?? unsaid}` };
}

const downloadHost = 'temporal.download';

/** Whether the download server may be reachable. A proxy may resolve the name where this machine cannot. */
async function mayDownload(env: NodeJS.ProcessEnv): Promise<boolean> {
  if (env.HTTPS_PROXY || env.https_proxy || env.ALL_PROXY || env.all_proxy) return true;
  const bound = sleep(5_000, false, { ref: false });
  const found = lookup(downloadHost).then(
    () => true,
    () => false,
  );
  return await Promise.race([found, bound]);
}

export async function temporalHere(env: NodeJS.ProcessEnv, canDownload = mayDownload): Promise<Here> {
  const binary = findBinary(env, 'temporal');
  const version = binary === undefined ? undefined : temporalVersion(binary);
  if (binary !== undefined && tooOld('Temporal server', version) === undefined) {
    return { found: `${binary}, server ${version ?? unsaid}` };
  }
  const cached = await cachedTemporal(env);
  if (cached !== undefined) return { found: cached };
  const { findGo, pinnedVersion } = await pinned();
  if (await canDownload(env)) return { found: `${pinnedVersion()}, which it downloads first` };
  const go = findGo(env);
  if (go.problem === undefined) {
    return { found: `${pinnedVersion()}, which it builds first with Go ${go.version}; that takes minutes` };
  }
  const mend = `install Go ${go.needed} or later: https://go.dev/dl`;
  return {
    problem: `${pinnedVersion()} cannot be downloaded, as ${downloadHost} is not known here, nor built: ${go.problem}`,
    mend,
  };
}
