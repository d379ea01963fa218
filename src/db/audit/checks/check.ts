import type { Invariant } from '../../../domain/audit.js';

/**
 * A check of one invariant. Its query returns a row with `subject` and `detail` for each thing that is wrong, and no
 * row when the invariant holds. A row may name in `also` a second invariant that is broken.
 */
export interface Check {
  readonly invariant: Invariant;
  /** What a check of the whole database reads. The audit reports this before the check runs. */
  readonly about?: string;
  /**
   * `:slack` stands for the seconds by which something may be late. A query with `:slice(column)` runs once a slice and
   * reads the orders of that slice; `:events(column)` is the same for the positions of events. A query without them runs
   * once. A query with slices of orders runs for archived orders too; `:other(table)` is then the shop's table, and the
   * archive's otherwise.
   */
  readonly sql: string;
}

/** A table expression: the lines of each checkout `c`, as rows of `line`. */
export const lines = `JSON_TABLE(c.items, '$[*]' COLUMNS (
    sku VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$.sku',
    quantity INT PATH '$.quantity',
    unit_price BIGINT PATH '$.unitPrice')) line`;

/** A table expression: what each checkout `c` costs beside its lines, as rows of `adjustment`. */
export const adjustments = `JSON_TABLE(c.adjustments, '$[*]' COLUMNS (
    amount BIGINT PATH '$.amount',
    included VARCHAR(8) PATH '$.included')) adjustment`;
