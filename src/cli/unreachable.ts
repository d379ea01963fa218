import { reasonOf } from '../stack/reason-of.js';
import { CommandError } from './command-error.js';

/** A server that a command needs does not answer. `message` names it, its address without credentials, and the way on. */
export class Unreachable extends CommandError {
  override name = 'Unreachable';

  constructor(server: 'MySQL' | 'RabbitMQ', address: string, cause: unknown) {
    // A text that is no URL may hold a password all the same.
    const shown = URL.canParse(address) ? new URL(address).host : 'its address';
    super(`${server} is not reachable at ${shown}: ${reasonOf(cause)}. Look at each address with: orders doctor`, {
      cause,
    });
  }
}
