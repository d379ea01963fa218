/** The times of the provider's own clock; `until` is not part of the span. */
export interface Span {
  readonly since: Date;
  readonly until: Date;
}
