import { type Logger, pino } from 'pino';

interface LogOptions {
  readonly name: string;
  readonly level: string;
  /** Texts that are struck out of every line. */
  readonly secrets: readonly string[];
  /** Standard output by default. A test may pass its own. */
  readonly destination?: { write(line: string): void };
}

/**
 * A log without secrets. Of an error it writes the fields of {@link safeError} only: drivers add whole statements with
 * their values to their errors. The secrets of this process are struck out of every line too, since a library's message
 * may quote its settings. Secrets of fewer than 8 characters are not struck out: they are parts of common words.
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
  // Synchronous: at the exit no line is lost or out of order, and no line is left to be flushed into a broken pipe.
  return pino(options, destination ?? pino.destination({ fd: 1, sync: true }));
}

/** The type, message, code and stack of an error and of its causes. Any other value stays as it is. */
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
