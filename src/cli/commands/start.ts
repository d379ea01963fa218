import type { Command } from 'commander';
import { type CommandContext, exitWith } from './command-context.js';

export function addStart(orders: Command, { env, say }: CommandContext): void {
  orders
    .command('start')
    .description('for development: bring everything up, play the story, serve until Ctrl-C')
    .option('--exit', 'stop after the story')
    .option('--story', 'play in the database that MYSQL_URL names, though it holds a shop')
    .option('--no-story', 'serve at once')
    .action(async ({ exit = false, story }: { exit?: boolean; story?: boolean }) => {
      const interrupted = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.on(signal, () => interrupted.abort(new Error(signal)));
      }
      const { start } = await import('../start.js');
      const held = await start({ env, exit, story, say, signal: interrupted.signal });
      // Ctrl-C is how a served story ends; a story that was cut short has not held.
      exitWith(held || (!exit && interrupted.signal.aborted));
    });
}
