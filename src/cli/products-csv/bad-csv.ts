/** What a line of a file should be and is not. `column` is absent when the whole line is wrong. */
export interface Problem {
  readonly line: number;
  readonly column?: string;
  readonly problem: string;
}

/** A line after which no other line can be trusted. */
export class BadCsv extends Error {
  override name = 'BadCsv';
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(inWords(problem), options);
    this.problem = problem;
  }
}

export const inWords = ({ line, column, problem }: Problem): string =>
  `line ${line}${column === undefined ? '' : `, ${column}`}: ${problem}`;

/** @returns the text in quotes on one line, cut when it is long */
export const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
