/** A server could not be started; `message` names what was tried, why each try failed, and what mends it. */
export class StackError extends Error {
  override name = 'StackError';
}
