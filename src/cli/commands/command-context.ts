/** What every command gets. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  /** Prints a line to the standard output. */
  readonly say: (line: string) => void;
  /** Prints a line that is not a part of the command's result, such as its progress. */
  readonly toStderr: (line: string) => void;
}

/** A command that could not do all of its work exits with 1. */
export function exitWith(done: boolean): void {
  process.exitCode = done ? 0 : 1;
}
