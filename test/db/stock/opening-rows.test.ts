import test from 'ava';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { openLedgers } from '../../../src/db/stock/opening-rows.js';
import { openPool, placeOrder, rows, shopDatabase } from '../../helpers/database.js';
import { watchedPool } from '../watched-pool.js';

test('a product that has no ledger gets its opening row once, also by a repair that another one overtakes, and no other row changes', async (t) => {
  const { pool, url } = await shopDatabase(t);
  await pool.query(
    `INSERT INTO products (sku, name, unit_price, currency, initial, available)
     VALUES ('lamp', 'a lamp', 4900, 'EUR', 7, 7), ('größe-M', 'a shirt', 1900, 'EUR', 0, 0)`,
  );
  await placeOrder(pool, { lines: [{ sku: 'lamp', quantity: 2 }] });
  t.is((await auditDatabase(pool, 0)).length, 1, 'the lamp has stock and no ledger');

  let others: string[] | undefined;
  const overtaken = watchedPool(openPool(t, url), {
    before: async (sql) => {
      if (sql === 'START TRANSACTION') others ??= await openLedgers(pool);
    },
  });
  await openLedgers(overtaken);
  t.deepEqual(others?.toSorted(), ['größe-M', 'lamp']);
  t.deepEqual(
    await rows(
      pool,
      `SELECT sku, kind, quantity, changed_by AS who, available_after AS available, reserved_after AS reserved
       FROM stock_changes ORDER BY sku`,
    ),
    [
      { sku: 'größe-M', kind: 'opening', quantity: 0, who: 'repair', available: 0, reserved: 0 },
      { sku: 'lamp', kind: 'opening', quantity: 7, who: 'repair', available: 5, reserved: 2 },
      { sku: 'mug', kind: 'opening', quantity: 10, who: 'seed', available: 10, reserved: 0 },
    ],
  );
  t.deepEqual(await auditDatabase(pool, 0), []);
  t.deepEqual(await openLedgers(pool), []);
});

test('a product whose numbers differ from its ledger is left to a person', async (t) => {
  const { pool } = await shopDatabase(t);
  await pool.query('UPDATE products SET initial = 12, available = 12');
  t.deepEqual(await openLedgers(pool), []);
  t.like(await auditDatabase(pool, 0), [{ invariant: 'I1', detail: 'initial 12; its changes sum up to 10' }]);
});
