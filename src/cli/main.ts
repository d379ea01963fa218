import { ConfigError } from '../config/config.js';
import { DomainError } from '../domain/errors.js';
import { StackError } from '../stack/index.js';
import { CommandError } from './command-error.js';
import type { CommandContext } from './commands/command-context.js';
import { createProgram } from './program.js';

const context: CommandContext = {
  env: process.env,
  say: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
};

try {
  await createProgram(context).parseAsync();
} catch (error) {
  const inWords = [ConfigError, StackError, DomainError, CommandError];
  // What the system refuses (a disk that is full, a file that may not be read) is no fault of this program either.
  const expected = inWords.some((type) => error instanceof type) || (error instanceof Error && 'syscall' in error);
  process.stderr.write(`${expected ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = error instanceof CommandError ? error.exitCode : 1;
}
// All is done and told: a connection to a server that is away must not keep the command from its end.
process.stdout.write('', () => process.exit());
