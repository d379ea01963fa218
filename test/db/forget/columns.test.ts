import test from 'ava';
import { archivedTables } from '../../../src/db/archive/tables.js';
import { overwritten } from '../../../src/db/forget/overwritten.js';
import { rows, shopDatabase } from '../../helpers/database.js';

/**
 * Each column that can hold a text is overwritten, or is here: with what it has, which names no person. A new column fails
 * this test until it is in one of the two lists.
 */
const ids = ['order_id', 'payment_id', 'refund_id', 'event_id', 'change_id', 'begun_id', 'endpoint_id', 'successor_id'];
const words = [
  'currency',
  'provider',
  'status',
  'state',
  'kind',
  'type',
  'sku',
  'movement',
  'cause',
  'action',
  'taken',
];
const kept: Readonly<Record<string, string>> = {
  'checkouts.items': 'SKUs, quantities and prices',
  'checkouts.payment_method': 'a word of the shop, as in PAYMENT_WINDOWS',
  'orders.cancel_reason': 'a word of this code',
  'orders.paid_reason': 'a word of this code',
  'payments.refund_reason': 'a word of this code',
  'payments.told_order_id': 'the order as the provider has named it, by which a repeated event is recognised',
  'payment_changes.status_before': 'a word of this code',
  'payment_changes.changed_by': 'an operator',
  'payment_changes.order_refund_id': 'an id',
  'payment_events.body_sha256': 'by which a repeated event is recognised',
  'begun_payments.begun_as': 'a word of this code',
  'begun_payments.capture': 'a word of this code',
  'begun_payments.reference': 'the id of the payment at its provider',
  'order_refunds.returned_lines': 'SKUs and quantities',
  'order_refunds.provider_refund_id': 'the id of the refund at its provider',
  'order_refunds.requested_by': 'an operator',
  'disputes.dispute_id': 'the id of the dispute at its provider',
  'provider_refunds.provider_refund_id': 'the id of the refund at its provider',
  'provider_refunds.refund_key': 'our own key of the refund, made from an id',
  'event_deliveries.subject': 'an id of an order, a SKU or a payment',
  'stock_changes.reference': 'of a return: the id of the order',
  'stock_changes.changed_by': 'an operator',
  'stock_changes.idempotency_key': 'of a return: the id of the refund',
  'stock_changes.canceled_orders': 'ids of orders',
  'products.name': 'the catalogue',
  'endpoints.url': 'of an operator',
  'endpoints.url_in_use': 'of an operator',
  'endpoints.event_types': 'of an operator',
  'endpoints.signature': 'a word of this code',
  'endpoints.signing_keys': 'of an operator',
  'endpoints.public_key': 'of an operator',
  'endpoints.paused_reason': 'the last answer of the endpoint',
  'endpoints.created_by': 'an operator',
  'endpoints.last_failure': 'the last answer of the endpoint, which the next one replaces',
  'endpoints.leased_by': 'a process',
  'bulk_runs.command': 'a digest of a command',
  'bulk_runs.run_id': 'an id',
  'schema_migrations.name': 'a migration',
};

test('each column that can hold a text is overwritten, or names no person', async (t) => {
  const { pool } = await shopDatabase(t, []);
  const found = await rows(
    pool,
    `SELECT table_name AS name, column_name AS part FROM information_schema.columns
     WHERE table_schema = DATABASE() AND data_type NOT IN ('int', 'bigint', 'tinyint', 'smallint', 'datetime')`,
  );
  const original = (table: string) => archivedTables.find(({ name }) => table === `archived_${name}`)?.name ?? table;
  const columns = new Set(found.map(({ name, part }) => `${original(String(name))}.${part}`));
  const isOverwritten = new Set([
    'checkouts.adjustments',
    'events.data',
    ...overwritten.flatMap(({ name, texts = [], nulls = [], set = {} }) =>
      [...texts, ...nulls, ...Object.keys(set)].map((column) => `${name}.${column}`),
    ),
  ]);
  const isGeneral = (column: string) => [...ids, ...words].includes(column.slice(column.indexOf('.') + 1));
  const unknown = [...columns].filter(
    (column) => !isOverwritten.has(column) && !isGeneral(column) && !(column in kept),
  );
  t.deepEqual(unknown, [], 'is it personal? Then src/db/forget/overwritten.ts overwrites it, else this test names it');
  for (const column of Object.keys(kept)) t.true(columns.has(column) && !isOverwritten.has(column), column);
});

test('each table that is archived and holds personal data is overwritten in the archive too', (t) => {
  for (const { name, isArchived } of overwritten)
    t.is(
      isArchived,
      archivedTables.some((table) => table.name === name),
      name,
    );
});
