/** One change to the code that makes some test fail. */
export interface Mutant {
  readonly file: string;
  readonly what: string;
  /** The test that failed. A mutant without a failed test has survived. */
  readonly noticedBy?: string;
}
