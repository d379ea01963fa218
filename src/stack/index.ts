import type { StackOptions } from './stack-options.js';
import type { Stack } from './start-stack.js';

export { rowsUrl } from './mysql-account.js';
export { StackError } from './stack-error.js';
export type { StackOptions } from './stack-options.js';
export { findRunningStack, type StackAddresses } from './stack-record.js';
export type { Stack, StackServer } from './start-stack.js';

/**
 * Starts what no address names. The clients of all three servers come with it, which no command needs whose servers
 * are there: so they are loaded here.
 *
 * @throws {StackError} that says how each way failed, and what mends it
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { startStack: start } = await import('./start-stack.js');
  return await start(options);
}
