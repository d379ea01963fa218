/**
 * Every table of the schema is in one of these lists. A table whose rows belong to an order is archived with the order.
 * The migration that makes such a table makes its `archived_…` table too.
 */
export interface ArchivedTable {
  readonly name: string;
  /** The column that finds the rows: of the order, or of the order's payments. */
  readonly by: 'order_id' | 'payment_id';
  /** The index of this column: by another one, or by none, the rows of other orders would be locked too. */
  readonly index: string;
}

/** In the order of their foreign keys: rows are inserted in this order, and deleted in the reverse one. */
export const archivedTables: readonly ArchivedTable[] = [
  { name: 'checkouts', by: 'order_id', index: 'PRIMARY' },
  { name: 'orders', by: 'order_id', index: 'PRIMARY' },
  { name: 'order_items', by: 'order_id', index: 'PRIMARY' },
  { name: 'stock_movements', by: 'order_id', index: 'PRIMARY' },
  { name: 'stock_discrepancies', by: 'order_id', index: 'PRIMARY' },
  { name: 'payments', by: 'order_id', index: 'of_order' },
  { name: 'payment_events', by: 'order_id', index: 'of_order' },
  { name: 'authorisations', by: 'payment_id', index: 'PRIMARY' },
  { name: 'payment_changes', by: 'payment_id', index: 'of_payment' },
  { name: 'order_refunds', by: 'order_id', index: 'of_order' },
  { name: 'begun_payments', by: 'order_id', index: 'one_open' },
  { name: 'late_sales', by: 'order_id', index: 'PRIMARY' },
];

/** Tables whose rows stay, and why. */
export const keptTables: Readonly<Record<string, string>> = {
  products: 'the catalogue and the stock as they are now',
  products_in_use: 'a SKU that an archived order has sold must not be deleted either',
  stock_changes: 'the ledger: its sum is the stock',
  endpoints: 'the addresses that get events',
  event_deliveries: 'deleted with their events',
  provider_refunds: 'what a provider has reported, by its own ids: a report may come again',
  disputes: 'what a provider has reported, by its own ids: a dispute may be opened late',
  events: 'deleted EVENTS_KEPT after their delivery, also those of archived orders',
  moved_deadlines: 'has rows of open orders, and of moves that Temporal has still to learn',
  bulk_runs: 'has one row for each command',
  forgotten_orders: 'has the ids of the orders that were forgotten, also of archived ones',
  archived_units: 'the totals of the archived orders',
  archived_money: 'the totals of the archived orders',
  schema_migrations: 'the migrations that ran',
};

const names = archivedTables.map(({ name }) => name).join('|');
const read = new RegExp(`(FROM|JOIN)(\\s+)(${names})\\b`, 'g');

/** The same query, of archived orders: each `archived_…` table has the columns and the keys of its table. */
export const inArchive = (sql: string): string => sql.replaceAll(read, '$1$2archived_$3');
