import { type Command, InvalidArgumentError } from 'commander';
import { EXPECTED_EVENTS, SIGNATURES, type SignatureKind, toPatterns } from '../../domain/endpoint.js';
import { isOrderId, orderIdFrom } from '../../domain/order-id.js';
import type { EndpointOperations } from '../../process/operate-endpoints.js';
import { accountName } from '../../stack/account-name.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';
import { value } from './order-options.js';
import { LONGEST_NAME, LONGEST_REASON, text } from './stock-options.js';

interface Output {
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

/** Addresses of other systems that get the events by HTTP. */
export function addEndpoints(orders: Command, { env, say }: CommandContext): void {
  const endpoints = orders.command('endpoints').description('who gets the events by HTTP, as signed webhooks');
  const onEndpoints = async <T>(work: (operations: EndpointOperations) => Promise<T>): Promise<T> => {
    const { withEndpoints } = await import('../endpoints.js');
    const needs = { needed: ['MYSQL_URL'], makes: false, reads: ['ENDPOINTS_ALLOW_PRIVATE'] } as const;
    return await withServers(env, needs, (found) => withEndpoints(found, work));
  };
  const dryRun = ['--dry-run', 'print what would change, and change nothing'] as const;
  const json = ['--json', 'print the result as JSON'] as const;
  const by = ['--by <name>', 'who changes it; your account here, if not given', text('--by', LONGEST_NAME)] as const;
  const how = ({ json: asJson = false, dryRun: dry = false }: Output) => ({ json: asJson, dryRun: dry, say });
  const changing = (name: string, description: string): Command =>
    endpoints
      .command(name)
      .description(description)
      .argument('<id>', 'its id', endpointId)
      .option(...dryRun)
      .option(...json);

  endpoints
    .command('add')
    .description('send events to an address from now on; prints the secret once')
    .argument('<url>', 'the address, which begins with https://')
    .option('--events <types>', 'such as order.paid,refund.*; all, if not given', patterns, ['*'])
    .option(
      '--signature <kind>',
      'v1 (a secret of both sides) or v1a (a key whose public part verifies)',
      signature,
      'v1',
    )
    .option(...by)
    .option(...dryRun)
    .option(...json)
    .action(
      async (
        url: string,
        flags: Output & { events: readonly string[]; signature: SignatureKind; by?: string },
      ): Promise<void> => {
        const { addCommand } = await import('../endpoints.js');
        const asked = { url, events: flags.events, signature: flags.signature, by: flags.by ?? accountName() };
        exitWith(await onEndpoints((operations) => addCommand(operations, asked, how(flags))));
      },
    );

  endpoints
    .command('list')
    .description('all endpoints, with their state and what waits for them')
    .option('--json', 'print them as JSON')
    .action(async (flags: Output) => {
      const { listCommand } = await import('../endpoints.js');
      await onEndpoints((operations) => listCommand(operations, how(flags)));
    });

  changing('pause', 'send nothing for now; the events wait')
    .option('--reason <text>', 'why', text('--reason', LONGEST_REASON - 2 * LONGEST_NAME))
    .option(...by)
    .action(async (id: string, flags: Output & { reason?: string; by?: string }) => {
      const { pauseCommand } = await import('../endpoint-changes.js');
      const who = `by ${flags.by ?? accountName()}`;
      const reason = flags.reason === undefined ? who : `${who}: ${flags.reason}`;
      exitWith(await onEndpoints((operations) => pauseCommand(operations, id, reason, how(flags))));
    });

  changing('resume', 'send again, first what was missed, in its order')
    .option('--skip-missed', 'leave out what was missed; orders events replay sends it later')
    .action(async (id: string, flags: Output & { skipMissed?: boolean }) => {
      const { resumeCommand } = await import('../endpoint-changes.js');
      const skipMissed = flags.skipMissed ?? false;
      exitWith(await onEndpoints((operations) => resumeCommand(operations, id, { ...how(flags), skipMissed })));
    });

  changing('remove', 'send nothing any more, and forget the endpoint with its secret').action(
    async (id: string, flags: Output) => {
      const { removeCommand } = await import('../endpoint-changes.js');
      exitWith(await onEndpoints((operations) => removeCommand(operations, id, how(flags))));
    },
  );

  changing('rotate', 'make a new secret, and print it once; the old one signs too for a day').action(
    async (id: string, flags: Output) => {
      const { rotateCommand } = await import('../endpoint-changes.js');
      exitWith(await onEndpoints((operations) => rotateCommand(operations, id, how(flags))));
    },
  );

  endpoints
    .command('test')
    .description('send a signed request of the type endpoint.test now, also while it is paused')
    .argument('<id>', 'its id', endpointId)
    .option(...json)
    .action(async (id: string, flags: Output) => {
      const { testCommand } = await import('../endpoint-changes.js');
      exitWith(await onEndpoints((operations) => testCommand(operations, id, how(flags))));
    });
}

export const endpointId = value((given) => {
  const id = orderIdFrom(given.trim());
  return isOrderId(id) ? id : undefined;
}, 'Expected the id of an endpoint: a UUID, as orders endpoints list prints it.');

const patterns = value(toPatterns, `${EXPECTED_EVENTS.replace(/^e/, 'E')}.`);

function signature(given: string): SignatureKind {
  const kind = SIGNATURES.find((one) => one === given);
  if (kind !== undefined) return kind;
  throw new InvalidArgumentError(`Expected one of ${SIGNATURES.join(', ')}.`);
}
