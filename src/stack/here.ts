import { findBinary, findMysqlServer, findRabbitmqServer } from './binaries.js';
import { isDebianLike } from './packages.js';
import { keptTemporal, pinned } from './temporal-binary.js';
import {
  databaseOf,
  mysqlVersion,
  rabbitmqVersion,
  saidBy,
  type TooOld,
  temporalVersion,
  tooOld,
} from './tool-versions.js';

/** How a private server would be started on this machine, or what is wrong with the tool for it; undefined for neither. */
export type Here = { readonly found: string } | TooOld | undefined;

/** What else than a binary could bring a server here; whether it works shows only when it is tried. */
function elsewhere(env: NodeJS.ProcessEnv): Here {
  const docker = findBinary(env, 'docker');
  if (docker !== undefined) {
    const old = tooOld('Docker Compose', saidBy(docker, ['compose', 'version'], /v?(\d+\.\d+[.\d]*)/));
    return old ?? { found: 'one in Docker, if its engine answers' };
  }
  const mayInstall = env.ORDERS_NO_INSTALL !== '1' && process.getuid?.() === 0 && isDebianLike();
  return mayInstall ? { found: "one from the distribution's packages, which it installs" } : undefined;
}

export function mysqlHere(env: NodeJS.ProcessEnv): Here {
  const server = findMysqlServer(env);
  if (server === undefined) return elsewhere(env);
  const version = mysqlVersion(server);
  return tooOld(databaseOf(version ?? ''), version) ?? { found: `${server}, ${version}` };
}

const otpRelease = 'io:format("~s", [erlang:system_info(otp_release)]), halt().';

export function rabbitmqHere(env: NodeJS.ProcessEnv): Here {
  const script = findRabbitmqServer(env);
  const erl = findBinary(env, 'erl');
  if (script === undefined || erl === undefined || findBinary(env, 'epmd') === undefined) return elsewhere(env);
  const erlang = saidBy(erl, ['-noshell', '-eval', otpRelease], /^(\d+)/);
  const version = rabbitmqVersion(script);
  // A release is a whole number, and 23 may be 23.2.
  const old = tooOld('RabbitMQ', version) ?? tooOld('Erlang', erlang === undefined ? undefined : `${erlang}.99`);
  return old ?? { found: `${script}, ${version ?? 'of a version it does not say'}, Erlang ${erlang ?? 'unknown'}` };
}

export async function temporalHere(env: NodeJS.ProcessEnv): Promise<Here> {
  const binary = findBinary(env, 'temporal');
  const version = binary === undefined ? undefined : temporalVersion(binary);
  if (binary !== undefined && tooOld('Temporal server', version) === undefined) {
    return { found: `${binary}, server ${version ?? 'of a version it does not say'}` };
  }
  const kept = await keptTemporal(env);
  if (kept !== undefined) return { found: kept };
  const { findGo, pinnedVersion } = await pinned();
  const go = findGo(env);
  if (go.problem === undefined) {
    return { found: `${pinnedVersion()}, which it downloads first, or else builds with Go ${go.version} in minutes` };
  }
  const mend = `needed only where the download is not answered: install Go ${go.needed} or later: https://go.dev/dl`;
  return { problem: `${pinnedVersion()} can be downloaded, but not built: ${go.problem}`, mend };
}
