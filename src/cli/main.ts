import { ConfigError } from '../config/config.js';
import { DomainError } from '../domain/errors.js';
import { StackError } from '../stack/index.js';
import { CommandError } from './command-error.js';
import type { CommandContext } from './commands/command-context.js';
import { createOrdersCommand } from './orders-command.js';
import { warn } from './warn.js';

const context: CommandContext = {
  env: process.env,
  say: (line) => void process.stdout.write(`${line}\n`),
  toStderr: warn,
};

try {
  await createOrdersCommand(context).parseAsync();
} catch (error) {
  const inWords = [ConfigError, StackError, DomainError, CommandError];
  // An error of the operating system, such as a full disk or a file that may not be read, is no fault of our code.
  const expected = inWords.some((type) => error instanceof type) || (error instanceof Error && 'syscall' in error);
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = error instanceof CommandError ? error.exitCode : 1;
}
// The work is done and printed. A connection to a server that is away would keep the process alive.
process.stdout.write('', () => process.exit());
