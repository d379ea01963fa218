import { messageOf } from '../domain/errors.js';
import { StackError } from '../stack/index.js';

/**
 * Starts a process on its usual port, else on a free port (0): another clone may use the usual port. The bind decides,
 * not a check beforehand, since two clones may start at the same time.
 *
 * @param given whether the port was set in the environment
 * @throws {StackError} when the port was chosen and is taken
 */
export async function onPort<T>(
  name: string,
  { port, given }: { readonly port: number; readonly given: boolean },
  start: (port: number) => Promise<T>,
  say: (line: string) => void,
): Promise<T> {
  try {
    return await start(port);
  } catch (error) {
    if (port === 0 || !new RegExp(`:${port}: .*EADDRINUSE`).test(messageOf(error))) throw error;
    if (given) throw new StackError(`Port ${port} is taken by another program. Choose another: PORT=3100 npm start`);
    say(`Port ${port} is taken by another program, so ${name} takes a free one.`);
    return await start(0);
  }
}
