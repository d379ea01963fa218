import { reasonOf } from '../stack/reason-of.js';
import { CommandError } from './command-error.js';

/**
 * A server of a command does not answer. `message` names the server, its address without credentials, and what to do.
 */
export class Unreachable extends CommandError {
  override name = 'Unreachable';

  constructor(server: 'MySQL' | 'RabbitMQ', address: string, cause: unknown) {
    // A text that is not a URL is not printed, since it may still hold a password.
    const shown = URL.canParse(address) ? new URL(address).host : 'its address';
    super(`${server} is not reachable at ${shown}: ${reasonOf(cause)}. Look at each address with: orders doctor`, {
      cause,
    });
  }
}
