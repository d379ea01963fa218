/** One line of the report: what was looked at, what was found, and what to do where it is wrong. */
export interface Finding {
  readonly what: string;
  readonly found: string;
  readonly mend?: string | undefined;
}
