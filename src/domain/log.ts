type LogLine = (...line: [fields: object, message: string] | [message: string]) => void;

/** The part of a logger that the processes use; a pino logger has this shape. */
export interface Log {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}
