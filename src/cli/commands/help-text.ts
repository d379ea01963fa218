/** The part of a command's help below its options: examples to paste, the variables it reads, and its exit codes. */
export interface HelpText {
  /** Each without the word `orders` at its beginning. */
  readonly examples: readonly string[];
  /** Variables. Where none of them is set, the command finds its servers as docs/commands.md says. */
  readonly reads: readonly string[];
  /** The causes of exit code 1, besides a wrong variable and a server that does not answer. */
  readonly fails: string;
}

export const MYSQL: readonly string[] = ['MYSQL_URL'];
