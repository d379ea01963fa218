import type { NoWayWorked } from './first-that-works.js';
import { type Here, mysqlHere, rabbitmqHere, temporalHere } from './here.js';
import { isDebianLike } from './packages.js';

const packageNames: Record<string, { debian?: string; brew: string }> = {
  MySQL: { debian: 'mariadb-server', brew: 'mariadb' },
  RabbitMQ: { debian: 'rabbitmq-server', brew: 'rabbitmq' },
  // Debian has no package for Temporal, and its Go is too old for the build of the server.
  Temporal: { brew: 'temporal' },
};

const variables: Record<string, string> = { MySQL: 'MYSQL_URL', RabbitMQ: 'AMQP_URL', Temporal: 'TEMPORAL_ADDRESS' };

function install(servers: readonly string[]): string {
  const names = (kind: 'debian' | 'brew') =>
    servers
      .map((server) => packageNames[server]?.[kind])
      .filter(Boolean)
      .join(' ');
  if (process.platform === 'darwin') return `brew install ${names('brew')}`;
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  if (isDebianLike() && names('debian') !== '') return `${sudo}apt-get install -y ${names('debian')}`;
  const elsewhere = `set ${servers.map((server) => variables[server]).join(', ')} to servers that run elsewhere`;
  return names('debian') === '' ? elsewhere : `start a Docker engine, or ${elsewhere}`;
}

/** What to do to get these servers here: correct an address of the environment, or install what is missing. */
export function remedyFor(servers: readonly string[], env: NodeJS.ProcessEnv): string {
  const isNamed = (server: string): boolean => Boolean(env[variables[server] ?? '']?.trim());
  const named = servers.filter(isNamed).map((server) => variables[server]);
  const rest = servers.filter((server) => !isNamed(server));
  const correct = `correct ${named.join(', ')}, or unset it to use a private server`;
  return [...(named.length > 0 ? [correct] : []), ...(rest.length > 0 ? [install(rest)] : [])].join('; ');
}

/** What mends a tool that is here and too old. */
async function upgradeOf(server: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const ways: Record<string, () => Promise<Here> | Here> = {
    MySQL: () => mysqlHere(env),
    RabbitMQ: () => rabbitmqHere(env),
    Temporal: () => temporalHere(env, async () => false),
  };
  if (env[variables[server] ?? '']?.trim()) return undefined;
  const here = await ways[server]?.();
  return here !== undefined && 'mend' in here ? here.mend : undefined;
}

/** One message for all servers that did not start: what was tried, why each try failed, and what mends it. */
export async function explain(failures: readonly NoWayWorked[], env: NodeJS.ProcessEnv): Promise<string> {
  const blocks = failures.map(
    ({ server, reasons }) => `${server} could not be brought up:\n${reasons.map((line) => `  - ${line}`).join('\n')}`,
  );
  const servers = failures.map(({ server }) => server);
  const upgrades = await Promise.all(servers.map((server) => upgradeOf(server, env)));
  const others = servers.filter((_, index) => upgrades[index] === undefined);
  const mends = [...upgrades.filter(Boolean), ...(others.length > 0 ? [remedyFor(others, env)] : [])];
  return `${blocks.join('\n')}\nTo mend it: ${mends.join('; ')}`;
}
