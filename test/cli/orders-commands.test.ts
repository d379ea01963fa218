import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { createCancel } from '../../src/cli/orders-cancel.js';
import { changeInBulk } from '../../src/cli/orders-in-bulk.js';
import { settleOrder } from '../../src/db/orders/settlement.js';
import { unavailable } from '../../src/domain/errors.js';
import { payFor } from '../db/payment-events.js';
import { createDesk, startProvider } from '../helpers/begun.js';
import { placeOrder, product, rows, shopDatabase, stockOf } from '../helpers/database.js';
import { orders } from './orders.js';

/** `orders list`, `show` and `cancel` as an operator runs them; `extend` is in orders-extend.test.ts. */

async function shop(t: ExecutionContext) {
  const { pool, url } = await shopDatabase(t, [product({ stock: 5_000 }), product({ sku: '=1+1', stock: 10 })]);
  const run = (...args: string[]) => orders(args, { MYSQL_URL: url });
  const pay = async (order: Awaited<ReturnType<typeof placeOrder>>) =>
    await settleOrder(pool, order.orderId, { kind: 'payment', paymentId: await payFor(pool, order) });
  const statusOf = async (orderId: string) =>
    (await rows(pool, 'SELECT status, cancel_reason AS reason FROM orders WHERE order_id = ?', [orderId]))[0];
  return { pool, run, pay, statusOf };
}

const canceled = { status: 'canceled', reason: 'operator-request' };

test('orders list prints the orders that fit, as lines, as JSON and as CSV', async (t) => {
  const { pool, run, pay } = await shop(t);
  const mug = await placeOrder(pool, { userId: 7 });
  const odd = await placeOrder(pool, { userId: 8, lines: [{ sku: '=1+1', quantity: 2 }] });
  await pay(mug);
  const all = await run('list');
  t.is(all.code, 0, all.err);
  t.regex(
    all.out,
    new RegExp(`^${odd.orderId} {2}placed {2}25\\.00 EUR\\n {4}customer 8, .*: 2 × =1\\+1\\n${mug.orderId}`),
  );
  t.regex(all.out, /\n2 orders\.\n$/);
  const idsOf = async (...filters: string[]) =>
    (JSON.parse((await run('list', '--json', ...filters)).out) as { orderId: string }[]).map(({ orderId }) => orderId);
  t.deepEqual(await idsOf('--customer', '7'), [mug.orderId]);
  t.deepEqual(await idsOf('--sku', '=1+1', '--status', 'placed'), [odd.orderId]);
  t.deepEqual(await idsOf('--status', 'canceled'), []);
  t.deepEqual(await idsOf('--amount', '2500', '--currency', 'EUR'), [odd.orderId]);
  t.deepEqual(await idsOf('--limit', '1'), [odd.orderId]);
  t.regex((await run('list', '--limit', '1')).out, /\n1 order, the newest; there are more\.\n$/);
  const [header, first, second, ...others] = (await run('list', '--csv')).out.split('\n');
  t.is(header?.split(',').slice(0, 3).join(), 'order_id,customer,status');
  t.true(first?.startsWith(`${odd.orderId},8,placed,`));
  t.true(second?.startsWith(`${mug.orderId},7,paid,`));
  t.deepEqual(others, ['']);
});

test('the CSV of the orders has their adjustments, and why an order is paid without a payment', async (t) => {
  const { pool, run } = await shop(t);
  await placeOrder(pool, { adjustments: [{ kind: 'shipping', label: 'Post', amount: 490 }] });
  await placeOrder(pool, { adjustments: [{ kind: 'discount', label: 'Gift', amount: -1_250 }] });
  const [header, free, shipped] = (await run('list', '--csv')).out.split('\n');
  t.true(header?.endsWith(',refund,paid_reason,adjustments'));
  t.true(free?.includes(',nothing-to-pay,"[{""kind"":""discount"",'), free);
  t.true(shipped?.endsWith(',,"[{""kind"":""shipping"",""label"":""Post"",""amount"":490}]"'), shipped);
});

test('orders list and show print a customer as the shop named the customer, and a guest as a guest', async (t) => {
  const { pool, run } = await shop(t);
  const ann = await placeOrder(pool, { userId: 'ann b@example.org' });
  const formula = await placeOrder(pool, { userId: '=1+1' });
  const guest = await placeOrder(pool, { userId: null });
  const listed = JSON.parse((await run('list', '--json', '--customer', 'ann b@example.org')).out);
  t.like(listed, [{ orderId: ann.orderId, userId: 'ann b@example.org' }]);
  t.regex((await run('list')).out, / a guest, .*\n.*\n +customer =1\+1, .*\n.*\n +customer ann b@example\.org, /);
  const [, ...rows] = (await run('list', '--csv')).out.split('\n');
  t.true(rows[0]?.startsWith(`${guest.orderId},,placed,`));
  t.true(rows[1]?.startsWith(`${formula.orderId},'=1+1,placed,`), 'a spreadsheet takes no id for a formula');
  t.true(rows[2]?.startsWith(`${ann.orderId},ann b@example.org,placed,`));
  t.regex((await run('show', ann.orderId)).out, /^bought by: +customer ann b@example\.org$/m);
  t.regex((await run('show', guest.orderId)).out, /^bought by: +a guest$/m);
  t.like(JSON.parse((await run('show', guest.orderId, '--json')).out), { userId: null });
  t.is((await run('cancel', '--customer', 'ann b@example.org', '--yes')).code, 0);
  t.like(JSON.parse((await run('show', ann.orderId, '--json')).out), { status: 'canceled' });
  t.like(JSON.parse((await run('show', formula.orderId, '--json')).out), { status: 'placed' });
});

test('orders show prints the payments, the stock, the messages and the timeline of one order', async (t) => {
  const { pool, run, pay } = await shop(t);
  const order = await placeOrder(pool);
  const waiting = await run('show', order.orderId.toUpperCase());
  t.is(waiting.code, 0, waiting.err);
  t.regex(waiting.out, /^status: +placed$/m);
  t.regex(waiting.out, /^message: +waits in the outbox$/m);
  t.regex(waiting.out, /^recorded: +not yet$/m);
  t.true(waiting.out.includes(`/namespaces/default/workflows/${encodeURIComponent(`order:${order.orderId}`)}`));
  await pay(order);
  const paid = await run('show', order.orderId);
  t.regex(paid.out, /^payment: +pay-\S+ {2}accepted {2}12\.50 EUR$/m);
  t.regex(paid.out, /^stock: +kind sold, movedAt 2/m);
  t.regex(paid.out, /^payment event: +provider test, /m);
  const { out } = await run('show', order.orderId, '--json');
  t.like(JSON.parse(out), { orderId: order.orderId, status: 'paid', message: { publishedAt: null } });
  t.false(out.includes(order.readToken));
  const unknown = await run('show', randomUUID());
  t.deepEqual([unknown.code, unknown.out.startsWith('There is no order ')], [1, true]);
});

test('orders show prints the payments that were begun, with what became of them', async (t) => {
  const { pool, run } = await shop(t);
  const { provider } = await startProvider(t);
  const { orderId } = await placeOrder(pool);
  const desk = createDesk(pool, [provider]);
  const { reference } = await desk.begun(orderId);
  const line = (state: string) =>
    new RegExp(`^begun: +provider standard-webhooks, reference ${reference}, as page, state ${state}, begunAt 2`, 'm');
  t.regex((await run('show', orderId)).out, line('begun'));
  await desk.closeOf(orderId);
  t.regex((await run('show', orderId)).out, line('closed'));
  t.like(JSON.parse((await run('show', orderId, '--json')).out), { begunPayments: [{ reference, state: 'closed' }] });
});

test('orders cancel cancels each order that it can, names each other order, and then exits 1', async (t) => {
  const { pool, run, pay, statusOf } = await shop(t);
  const [open, paid, gone] = [await placeOrder(pool), await placeOrder(pool), await placeOrder(pool)];
  await pay(paid);
  await settleOrder(pool, gone.orderId, { kind: 'cancel', reason: 'customer-request' });
  const unknown = randomUUID();
  const ids = [open.orderId, paid.orderId, gone.orderId, unknown];
  const preview = await run('cancel', '--dry-run', ...ids);
  t.is(preview.code, 1);
  t.regex(preview.out, new RegExp(`order ${open.orderId}: would be canceled`));
  t.is(await statusOf(open.orderId), undefined);
  const { code, out } = await run('cancel', ...ids);
  t.is(code, 1);
  t.true(out.includes(`order ${paid.orderId}: refused, it is paid`));
  t.true(out.includes(`order ${gone.orderId}: skipped, it is canceled already: customer-request`));
  t.true(out.includes(`order ${unknown}: refused, there is no such order`));
  t.regex(out, /\n1 order canceled, 1 skipped, 2 refused\.\n$/);
  t.deepEqual(await statusOf(open.orderId), canceled);
  t.like(await statusOf(paid.orderId), { status: 'paid' });
  t.deepEqual(
    await rows(pool, 'SELECT order_id AS id FROM orders WHERE report_due = 1 AND cancel_reason = ?', [
      'operator-request',
    ]),
    [{ id: open.orderId }],
  );
  t.is((await run('cancel', open.orderId)).code, 0);
});

test('orders cancel of a selection lists first, needs --yes, and leaves paid orders and other orders', async (t) => {
  const { pool, run, pay } = await shop(t);
  const paid = await placeOrder(pool, { userId: 7 });
  await pay(paid);
  for (let n = 0; n < 5; n++) await placeOrder(pool, { userId: 7, lines: [{ sku: 'mug', quantity: 2 }] });
  await placeOrder(pool, { userId: 8 });
  const preview = await run('cancel', '--customer', '7', '--dry-run');
  t.is(preview.code, 0);
  t.regex(preview.out, /\n5 orders would be canceled, of 125\.00 EUR in all\. Nothing was changed\.\n$/);
  t.like(JSON.parse((await run('cancel', '--customer', '7', '--dry-run', '--json')).out), { dryRun: true, count: 5 });
  const unsure = await run('cancel', '--customer', '7');
  t.is(unsure.code, 1);
  t.regex(unsure.err, /To cancel 5 open orders, add --yes/);
  t.like(await stockOf(pool), { reserved: 11, sold: 1 });
  const done = await run('cancel', '--customer', '7', '--yes');
  t.deepEqual([done.code, done.out], [0, '5 orders canceled.\n']);
  t.like(await stockOf(pool), { reserved: 1, sold: 1 });
  t.deepEqual((await run('cancel', '--customer', '7', '--yes')).out, '0 orders canceled.\n');
});

test('a cancel in bulk that an outage interrupts says so, and run again it goes on', async (t) => {
  const { pool } = await shop(t);
  for (let n = 0; n < 30; n++) await placeOrder(pool, { userId: 7 });
  const said: string[] = [];
  const options = {
    ...{ json: false, dryRun: false, yes: true, ask: undefined },
    say: (line: string) => void said.push(line),
    toStderr: () => undefined,
  };
  const cancel = createCancel(pool);
  let calls = 0;
  const failing = {
    ...cancel,
    change: (orderId: string) => {
      if (++calls > 10) throw unavailable('the database', new Error('away'));
      return cancel.change(orderId);
    },
  };
  const selected = { filters: { customer: 7 } };
  await t.throwsAsync(changeInBulk(pool, selected, failing, options), { message: /Run the same command again/ });
  t.true(await changeInBulk(pool, selected, cancel, options));
  t.like(await stockOf(pool), { reserved: 0, available: 5_000 });
});

test('an order that is paid while a selection is canceled stays paid and is named', async (t) => {
  const { pool, pay } = await shop(t);
  const [first, other] = [await placeOrder(pool, { userId: 7 }), await placeOrder(pool, { userId: 7 })];
  const said: string[] = [];
  const cancel = createCancel(pool);
  const late = {
    ...cancel,
    change: async (orderId: string) => {
      if (orderId === first.orderId) await pay(first);
      return await cancel.change(orderId);
    },
  };
  const done = await changeInBulk(pool, { filters: { customer: 7 } }, late, {
    ...{ json: false, dryRun: false, yes: true, ask: undefined },
    say: (line) => void said.push(line),
    toStderr: () => undefined,
  });
  t.false(done);
  t.deepEqual(said, [`order ${first.orderId}: refused, it was paid meanwhile`, '1 order canceled, 1 refused.']);
  t.like(await stockOf(pool), { reserved: 0, sold: 1 });
  t.not(other.orderId, first.orderId);
});

test('an order that comes while the person is asked is no part of the selection', async (t) => {
  const { pool } = await shop(t);
  await placeOrder(pool, { userId: 7 });
  const asked: string[] = [];
  const options = { json: true, dryRun: false, yes: false, say: () => undefined, toStderr: () => undefined };
  const select = (answer: boolean) =>
    changeInBulk(pool, { filters: { customer: 7 } }, createCancel(pool), {
      ...options,
      ask: async (question) => {
        asked.push(question);
        await placeOrder(pool, { userId: 7 });
        return answer;
      },
    });
  await t.throwsAsync(select(false), { message: 'Nothing was changed.' });
  t.like(await stockOf(pool), { reserved: 2 });
  t.true(await select(true));
  t.deepEqual(asked, ['cancel 1 open order? [y/N] ', 'cancel 2 open orders? [y/N] ']);
  t.like(await stockOf(pool), { reserved: 1 });
});

test('two commands that cancel the same orders at once cancel each order once', async (t) => {
  const { pool, run } = await shop(t);
  for (let n = 0; n < 300; n++) await placeOrder(pool, { userId: 7 });
  const both = await Promise.all([1, 2].map(() => run('cancel', '--customer', '7', '--yes')));
  t.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
    JSON.stringify(both),
  );
  t.like(await stockOf(pool), { reserved: 0, available: 5_000 });
});

const wrong: readonly (readonly [args: readonly string[], expected: RegExp])[] = [
  [['list', '--status', 'open'], /'--status <status>'.*placed, paid or canceled/],
  [['list', '--sku', ' '], /'--sku <sku>'.*1 to 64 printable/],
  [['list', '--since', 'yesterday'], /'--since <time>'.*2026-03-01T10:00:00Z/],
  [['list', '--since', '2026-03-02T00:00:00Z', '--until', '2026-03-01T00:00:00Z'], /'--until <time>'.*after since/],
  [['list', '--customer', ' ann'], /'--customer <id>'.*whole number from 1 to .*, or a text/],
  [['list', '--amount', '12.50'], /'--amount <number>'.*whole number/],
  [['list', '--currency', 'eur'], /'--currency <code>'.*ISO 4217/],
  [['list', '--limit', '0'], /'--limit <number>'.*from 1/],
  [['list', '--json', '--csv'], /'--csv'.*not both/],
  [['show', 'order-17'], /id of an order: a UUID/],
  [['cancel'], /expected ids of orders, or a selection/],
  [['cancel', '--status', 'placed', '--yes'], /--status alone selects all/],
  [['cancel', '--status', 'paid', '--sku', 'mug'], /'--status <status>'.*only open orders/],
  [['cancel', '--sku', 'mug', randomUUID()], /and not both/],
];

test('a wrong option is named with what was expected, and nothing is changed', async (t) => {
  const { pool, run } = await shop(t);
  await placeOrder(pool);
  for (const [args, expected] of wrong) {
    const { code, err } = await run(...args);
    t.is(code, 1, args.join(' '));
    t.regex(err, expected);
  }
  t.like(await stockOf(pool), { reserved: 1 });
});
