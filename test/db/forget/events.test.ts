import test from 'ava';
import { inTransaction } from '../../../src/db/driver/transaction.js';
import { overwrite } from '../../../src/db/forget/overwrite.js';
import { EVENT_TYPES } from '../../../src/domain/event.js';
import { eventData } from '../../../src/schemas/event-data.js';
import { rows, shopDatabase } from '../../helpers/database.js';
import { deliverAll } from '../../helpers/events.js';
import { makeEveryEvent, productsOfEveryEvent } from '../../helpers/every-event.js';

test('each event of a forgotten order that is delivered later is as its schema says, and has no text that a person wrote', async (t) => {
  const { pool } = await shopDatabase(t, productsOfEveryEvent);
  await makeEveryEvent(pool);
  await pool.query('UPDATE events SET delivered_at = NULL');
  const ids = (await rows(pool, 'SELECT order_id AS id FROM checkouts')).map(({ id }) => String(id));
  await inTransaction(pool, (transaction) => overwrite(transaction, ids, { dryRun: false, counts: new Map() }));
  const delivered = await deliverAll(pool);
  for (const { type, data } of delivered) {
    const { success, error } = eventData[type].safeParse(data);
    t.true(success, `${type}: ${error?.message}`);
  }
  const typesOf = (all: typeof delivered) => [...new Set(all.map(({ type }) => type))].sort();
  t.deepEqual(typesOf(delivered), EVENT_TYPES.toSorted());
  const texts = [
    'fraudulent',
    'chipped',
    'the charge is disputed',
    'the account is closed',
    'the authorisation has ended',
  ];
  t.deepEqual(
    texts.filter((text) => JSON.stringify(delivered).includes(text)),
    [],
  );
  for (const [type, fields] of [
    ['dispute.opened', { disputeId: 'dp_1', reason: 'forgotten' }],
    ['dispute.closed', { disputeId: 'dp_1', reason: 'forgotten', outcome: 'won' }],
    ['order.extended', { by: 'shop' }],
    ['capture.failed', { failure: 'forgotten' }],
  ] as const)
    t.like(delivered.find((event) => event.type === type)?.data, fields);
});
