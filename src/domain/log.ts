type LogLine = (...line: [fields: object, message: string] | [message: string]) => void;

/** The part of a logger that this program uses; pino's fits. */
export interface Log {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}
