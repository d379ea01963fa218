export { StackError } from './stack-error.js';
export type { StackOptions } from './stack-options.js';
export { findRunningStack, type StackAddresses } from './stack-record.js';
export { type Stack, type StackServer, startStack } from './start-stack.js';
