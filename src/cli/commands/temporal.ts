import type { Command } from 'commander';
import { temporalSetup } from '../temporal-setup.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';

export function addTemporal(program: Command, { env, say }: CommandContext): void {
  program
    .command('temporal')
    .description('a Temporal that the project did not start')
    .command('setup')
    .description(
      'create the namespace and the search attributes that are missing, and raise a retention that is too short',
    )
    .option('--check', 'only compare, and change nothing')
    .action(async ({ check = false }: { check?: boolean }) =>
      exitWith(
        await withServers(env, { needed: ['TEMPORAL_ADDRESS'], makes: !check }, (found) =>
          temporalSetup(found, { check, say }),
        ),
      ),
    );
}
