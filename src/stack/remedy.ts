import type { LadderError } from './ladder.js';
import { isDebianLike } from './packages.js';

const packageNames: Record<string, { debian?: string; brew: string }> = {
  MySQL: { debian: 'mariadb-server', brew: 'mariadb' },
  RabbitMQ: { debian: 'rabbitmq-server', brew: 'rabbitmq' },
  // No package in Debian; with Go here, the project builds the server itself.
  Temporal: { debian: 'golang', brew: 'temporal' },
};

/** The one thing to do so that these servers can be had here. */
export function remedyFor(servers: readonly string[], env: NodeJS.ProcessEnv): string {
  const names = (kind: 'debian' | 'brew') => servers.map((server) => packageNames[server]?.[kind]).join(' ');
  if (process.platform === 'darwin') return `brew install ${names('brew')}`;
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  if (isDebianLike()) return `${sudo}apt-get install -y ${names('debian')}`;
  const variables: Record<string, string> = { MySQL: 'MYSQL_URL', RabbitMQ: 'AMQP_URL', Temporal: 'TEMPORAL_ADDRESS' };
  const unset = servers.map((server) => variables[server] ?? '').filter((name) => !env[name]);
  return `start a Docker engine, or set ${unset.join(', ')} to servers that run elsewhere`;
}

/** One message for all servers that did not come up: what was tried, why each failed, and what mends it. */
export function explain(failures: readonly LadderError[], env: NodeJS.ProcessEnv): string {
  const blocks = failures.map(
    ({ server, reasons }) => `${server} could not be brought up:\n${reasons.map((line) => `  - ${line}`).join('\n')}`,
  );
  const servers = failures.map(({ server }) => server);
  return `${blocks.join('\n')}\nTo mend it: ${remedyFor(servers, env)}`;
}
