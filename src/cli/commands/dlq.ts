import type { Command } from 'commander';
import type { DeadLetters } from '../../amqp/dead-letters.js';
import { ConfigError } from '../../config/config.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';

export function addDlq(orders: Command, { env, say }: CommandContext): void {
  const dlq = orders.command('dlq').description('the dead-letter queue: look, send back, remove');
  const onDeadLetters = async <T>(work: (letters: DeadLetters) => Promise<T>): Promise<T> => {
    const { withDeadLetters } = await import('../dlq.js');
    return await withServers(env, { needed: ['AMQP_URL'], makes: false }, (found) => withDeadLetters(found, work));
  };

  dlq
    .command('list')
    .description('every dead letter, with its reason, attempts and last failure')
    .option('--json', 'print them as JSON, with their bodies')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { listDeadLetters } = await import('../dlq.js');
      await onDeadLetters((letters) => listDeadLetters(letters, { json, say }));
    });

  dlq
    .command('show <id>')
    .description('one dead letter, whole')
    .action(async (id: string) => {
      const { showDeadLetter } = await import('../dlq.js');
      exitWith(await onDeadLetters((letters) => showDeadLetter(letters, id, say)));
    });

  dlq
    .command('redrive [ids...]')
    .description('send dead letters back to the queue they failed in')
    .option('--all', 'all that are there now')
    .action(async (ids: string[], { all = false }: { all?: boolean }) => {
      if (all === ids.length > 0) throw new ConfigError('Name the dead letters to redrive, or say --all.');
      const { redriveDeadLetters } = await import('../dlq.js');
      exitWith(await onDeadLetters((letters) => redriveDeadLetters(letters, all ? undefined : ids, say)));
    });

  dlq
    .command('discard <ids...>')
    .description('remove dead letters for good')
    .action(async (ids: string[]) => {
      const { discardDeadLetters } = await import('../dlq.js');
      exitWith(await onDeadLetters((letters) => discardDeadLetters(letters, ids, say)));
    });
}
