/** A server could not be brought up; `message` says what was tried, why each attempt failed, and what mends it. */
export class StackError extends Error {
  override name = 'StackError';
}
