/** Prints a line to standard error, so that it does not mix with the command's output. */
export const warn = (line: string): void => void process.stderr.write(`${line}\n`);
