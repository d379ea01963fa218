/** What a command cannot do here, and what to do about it: told in these words alone, without a stack. */
export class CommandError extends Error {
  override name = 'CommandError';
}
