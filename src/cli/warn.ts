/** One line for the person at the terminal, beside what the command prints. */
export const warn = (line: string): void => void process.stderr.write(`${line}\n`);
