import anyTest, { type TestFn } from 'ava';
import { product, type System, startSystem } from '../helpers/system.js';
import './messages.js';
import './webhook-refunds.js';
import './endpoints.js';
import './crash.js';

/** One running shop for cases that stop its processes or count its messages: one case at a time. */

const test = anyTest as TestFn<{ system: System }>;

test.before(async (t) => {
  t.context.system = await startSystem([product('mug', 1_000), product('cup', 1_000)]);
});

test.after.always(async (t) => {
  const { findings, open } = await t.context.system.audit();
  await t.context.system.close();
  t.deepEqual({ findings, open }, { findings: [], open: [] }, 'the audit after all of it');
});
