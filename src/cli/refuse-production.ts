import { CommandError } from './command-error.js';
import { noPrivateServers } from './data-dir.js';

/**
 * @throws {CommandError} in production: `npm start` makes its own servers, secrets and orders, and its payment
 *   simulator accepts any request to pay an order
 */
export function refuseProduction(env: NodeJS.ProcessEnv): void {
  const forbidden = noPrivateServers(env);
  if (forbidden === undefined) return;
  throw new CommandError(
    `npm start is a developer's command: it plays orders in a shop and runs a payment simulator, and ${forbidden}.
Each process has a command of its own, and takes its servers from the environment:
  orders migrate                    the schema, with the owner's account
  orders topology                   RabbitMQ's queues, exchanges and bindings
  npm run start:api                 node dist/src/api.js
  npm run start:bridge              node dist/src/bridge.js
  npm run start:worker              node dist/src/worker.js
docs/running.md names what each process needs.`,
  );
}
