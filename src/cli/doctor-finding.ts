/** One line of the report: what was checked, what was found, and what to do when it is wrong. */
export interface Finding {
  readonly what: string;
  readonly found: string;
  readonly mend?: string | undefined;
}
