/** What every command is given: the environment, its standard output, and its standard error for what goes beside it. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  readonly note: (line: string) => void;
}

/** A command that could not do all of its work exits with 1. */
export function exitWith(done: boolean): void {
  process.exitCode = done ? 0 : 1;
}
