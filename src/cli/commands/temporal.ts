import type { Command } from 'commander';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';

export function addTemporal(orders: Command, { env, say }: CommandContext): void {
  orders
    .command('temporal')
    .description('a Temporal that the project did not start')
    .command('setup')
    .description(
      'create the namespace and the search attributes that are missing, and raise a retention that is too short',
    )
    .option('--check', 'only compare, and change nothing')
    .action(async ({ check = false }: { check?: boolean }) => {
      const { temporalSetup } = await import('../temporal-setup.js');
      const needs = { needed: ['TEMPORAL_ADDRESS'], makes: !check } as const;
      exitWith(await withServers(env, needs, (found) => temporalSetup(found, { check, say })));
    });
}
