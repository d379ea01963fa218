export { StackError } from './stack-error.js';
export { findRunningStack, type StackAddresses } from './stack-record.js';
export { type Stack, type StackOptions, type StackServer, startStack } from './start-stack.js';
