import type { Invariant } from '../../../domain/audit.js';

/**
 * Each query answers with what is wrong: a `subject` and a `detail` a row, nothing when the rule holds. A row may name in
 * `also` another invariant that is broken by it.
 */
export interface Check {
  readonly invariant: Invariant;
  /** What a check of the whole database looks at, for those who wait for its answer. */
  readonly about?: string;
  /**
   * `:slack` stands for the seconds by which something may be late. A query with `:slice(column)` looks at the orders
   * of one slice by their ids and runs once a slice; one without runs once.
   */
  readonly sql: string;
}

/** The lines of each checkout `c`, as rows of `line`. */
export const lines = `JSON_TABLE(c.items, '$[*]' COLUMNS (
    sku VARCHAR(64) PATH '$.sku',
    quantity INT PATH '$.quantity',
    unit_price BIGINT PATH '$.unitPrice')) line`;
