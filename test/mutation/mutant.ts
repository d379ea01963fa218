/** One change to the code that some test should notice. */
export interface Mutant {
  readonly file: string;
  readonly what: string;
  /** The test that did; without one the mutant has survived. */
  readonly noticedBy?: string;
}
