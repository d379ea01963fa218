import type { Config } from '../config/config.js';
import { CannotListen } from '../process/cannot-listen.js';
import { listen } from '../process/listen.js';

/**
 * Listens for a moment at the API's addresses, so that a host of another machine or a taken port is reported before the
 * first server starts.
 *
 * @param set the variables that are set: when a default port is taken, another port is used
 * @returns a line for each address at which the API cannot listen
 */
export async function listenProblems(
  config: Pick<Config, 'HOST' | 'PORT' | 'ADMIN_HOST' | 'ADMIN_PORT'>,
  set: NodeJS.ProcessEnv,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [hostName, portName, example] of [
    ['HOST', 'PORT', '3100'],
    ['ADMIN_HOST', 'ADMIN_PORT', '9100'],
  ] as const) {
    const problem = await listenProblem(config[hostName], config[portName]);
    if (problem === undefined) continue;
    const taken = problem.includes('EADDRINUSE');
    if (taken && !set[portName]) continue;
    const [name, shown] = taken || problem.includes('EACCES') ? [portName, example] : [hostName, '127.0.0.1'];
    problems.push(`${name} cannot be had: ${problem}. Example: ${name}=${JSON.stringify(shown)}`);
  }
  return problems;
}

async function listenProblem(host: string, port: number): Promise<string | undefined> {
  try {
    const listener = await listen((_request, response) => void response.writeHead(503).end(), { host, port });
    await listener.close(1_000);
    return undefined;
  } catch (error) {
    if (error instanceof CannotListen) return error.message;
    throw error;
  }
}
