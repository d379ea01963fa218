import type { Config } from '../config/config.js';
import { CannotListen } from '../process/cannot-listen.js';
import { listen } from '../process/listen.js';

/**
 * Listens for a moment where the API will, so that a host that is not this machine's, or a port that was chosen and is
 * taken, is told before the first server starts.
 *
 * @param set what was given: a port that was not may be taken, and another is used then
 * @returns a line for each listener without a place
 */
export async function placeProblems(
  config: Pick<Config, 'HOST' | 'PORT' | 'ADMIN_HOST' | 'ADMIN_PORT'>,
  set: NodeJS.ProcessEnv,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [hostName, portName, example] of [
    ['HOST', 'PORT', '3100'],
    ['ADMIN_HOST', 'ADMIN_PORT', '9100'],
  ] as const) {
    const problem = await placeProblem(config[hostName], config[portName]);
    if (problem === undefined) continue;
    const taken = problem.includes('EADDRINUSE');
    if (taken && !set[portName]) continue;
    const [name, shown] = taken || problem.includes('EACCES') ? [portName, example] : [hostName, '127.0.0.1'];
    problems.push(`${name} cannot be had: ${problem}. Example: ${name}=${JSON.stringify(shown)}`);
  }
  return problems;
}

async function placeProblem(host: string, port: number): Promise<string | undefined> {
  try {
    const listener = await listen((_request, response) => void response.writeHead(503).end(), { host, port });
    await listener.close(1_000);
    return undefined;
  } catch (error) {
    if (error instanceof CannotListen) return error.message;
    throw error;
  }
}
