import anyTest, { type TestFn } from 'ava';
import { product, type System, startSystem } from '../helpers/system.js';
import './checkout.js';
import './customers.js';
import './ending.js';
import './operators.js';
import './order-refunds.js';
import './skus.js';
import './totals.js';
import './webhook.js';

/**
 * One running shop for cases that leave its processes and its servers as they are: five processes start once. The
 * shop runs beside a legacy service on the same virtual host, in the first step of docs/migrating.md.
 */

const test = anyTest as TestFn<{ system: System }>;

const stock = { last: 1, rare: 2, untouched: 9, twice: 10, 'short-window': 10, cup: 100, plenty: 100, mug: 100 };
const totals = ['totals', 'free', 'discounted'];
const ending = ['paid', 'expired', 'wish', 'late', 'double', 'window', 'returned'];

test.before(async (t) => {
  t.context.system = await startSystem(
    [
      ...Object.entries(stock).map(([sku, units]) => product(sku, units)),
      ...[...ending, ...totals].map((sku) => product(sku, 10)),
    ],
    { ORDER_QUEUE: 'order_bridge_create_queue', CONSUME_CANCEL_QUEUE: 'false' },
    { shortWindow: '1 second' },
  );
});

test.after.always(async (t) => {
  const { findings, open } = await t.context.system.audit();
  await t.context.system.close();
  t.deepEqual({ findings, open }, { findings: [], open: [] }, 'the audit after all of it');
});
