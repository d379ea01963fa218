import { type Logger, pino } from 'pino';

interface LogOptions {
  readonly name: string;
  readonly level: string;
  /** What must not be read in a log, whoever writes it and wherever it stands. */
  readonly secrets: readonly string[];
  /** Where lines go; standard output unless a test wants them. */
  readonly destination?: { write(line: string): void };
}

/**
 * A log that tells what went wrong and no secret. Of an error it writes what is named in {@link safeError}: drivers
 * hang whole statements with their values on theirs. The secrets of this process are struck out of every line as well,
 * since a library's message may quote its settings.
 */
export function createLog({ name, level, secrets, destination }: LogOptions): Logger {
  const known = secrets.filter((secret) => secret.length >= 8);
  const strike = (line: string) => known.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line);
  const options = {
    name,
    level,
    serializers: { err: safeError, error: safeError, reason: safeError },
    redact: { paths: ['*.authorization', '*.password', '*.readToken', 'readToken'], censor: '[redacted]' },
    hooks: { streamWrite: strike },
  };
  // Written at once: lines stay in their order at the exit, and none is left to be flushed into a pipe that is broken.
  return pino(options, destination ?? pino.destination({ fd: 1, sync: true }));
}

/** An error's kind, words and place, and those of its causes. Anything that is no error stays as it is. */
function safeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name: type, message, stack, cause } = error;
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type,
    message,
    stack,
    ...(code !== undefined && { code }),
    ...(cause !== undefined && { cause: safeError(cause) }),
  };
}
