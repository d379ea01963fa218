import type { StackOptions } from './stack-options.js';
import type { Stack } from './start-stack.js';

export { rowsUrl } from './mysql-account.js';
export { StackError } from './stack-error.js';
export type { StackOptions } from './stack-options.js';
export { findRunningStack, type StackAddresses } from './stack-record.js';
export type { Stack, StackServer } from './start-stack.js';

/**
 * Starts the servers that have no address. The import loads the clients of all three servers, so it runs only when a
 * command starts servers.
 *
 * @throws {StackError} that names each way that was tried, why it failed, and what mends it
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { startStack: start } = await import('./start-stack.js');
  return await start(options);
}
