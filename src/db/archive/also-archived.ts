import { inArchive } from './tables.js';

/** Changes a query: as it is, or to the same query of archived orders. */
export type Where = (sql: string) => string;

export const inShop: Where = (sql) => sql;
/** An order may be brought back between the first two reads. */
const places: readonly Where[] = [inShop, inArchive, inShop];

/**
 * Reads by ids: in the shop, and what is missing there in the archive. No read finds an order that has no id among these,
 * and an order that is archived meanwhile is found by the second read.
 *
 * @param read gets the ids that are missing, and where to look
 */
export async function alsoArchived<Row>(
  ids: readonly string[],
  read: (ids: readonly string[], where: Where) => Promise<readonly Row[]>,
  idOf: (row: Row) => string,
): Promise<Row[]> {
  const found: Row[] = [];
  let missing = ids;
  for (const where of places) {
    if (missing.length === 0) break;
    const rows = await read(missing, where);
    found.push(...rows);
    const has = new Set(rows.map(idOf));
    missing = missing.filter((id) => !has.has(id));
  }
  return found;
}

/**
 * As {@link alsoArchived}, of one order or payment, whose rows are all in one place.
 *
 * @param isFound whether the place had the order
 */
export async function orArchived<Row>(
  read: (where: Where) => Promise<Row>,
  isFound: (row: Row) => boolean,
): Promise<Row> {
  const first = await read(inShop);
  if (isFound(first)) return first;
  const archived = await read(inArchive);
  return isFound(archived) ? archived : await read(inShop);
}
