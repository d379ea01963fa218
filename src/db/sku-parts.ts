/** MariaDB reads a list of 1,000 values or more by a temporary table, and then locks the rows in no order. */
const LONGEST_LIST = 900;

/** @returns the rows in the order in which the database locks SKUs, in parts for one statement each */
export function inParts<R extends { readonly sku: string }>(rows: readonly R[]): R[][] {
  const keyed = rows.map((row) => ({ row, key: Buffer.from(row.sku) }));
  // By bytes, as utf8mb4_bin: JavaScript's own order differs for characters of four bytes.
  const sorted = keyed.sort((one, other) => Buffer.compare(one.key, other.key)).map(({ row }) => row);
  const parts: R[][] = [];
  for (let at = 0; at < sorted.length; at += LONGEST_LIST) parts.push(sorted.slice(at, at + LONGEST_LIST));
  return parts;
}
