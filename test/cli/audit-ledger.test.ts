import test, { type ExecutionContext } from 'ava';
import { storeReport } from '../../src/db/reports/store-report.js';
import { placeOrder, rows } from '../helpers/database.js';
import { freePort } from '../helpers/free-port.js';
import { shopWithProvider } from '../helpers/ledger.js';
import { disputeReport, refundReport } from '../helpers/reports.js';
import { startStripe } from '../helpers/stripe-server.js';
import { orders } from './orders.js';

/** `orders audit --ledger` as an operator runs it. */

/** A minute ahead of every clock. */
const until = () => new Date(Date.now() + 60_000).toISOString();

async function shop(t: ExecutionContext) {
  const made = await shopWithProvider(t);
  const { url, simulator } = made;
  const env = { MYSQL_URL: url, PAYMENT_PROVIDER_URL: simulator.url, PAYMENT_PROVIDER_TOKEN: simulator.token };
  return {
    ...made,
    env,
    run: (...args: string[]) => orders(args, env),
    audit: (...args: string[]) => orders(['audit', '--ledger', '--until', until(), ...args], env),
  };
}

test('a lost webhook is a difference, which the named command mends: exit 1, then 0', async (t) => {
  const { pool, there, sold, audit, run } = await shop(t);
  await sold();
  const clean = await audit();
  t.deepEqual([clean.code, clean.err], [0, '']);
  t.regex(
    clean.out,
    /^standard-webhooks: 1 movement compared\.\n✔ closes {2}standard-webhooks EUR: paid in 1250, paid out 0, sold 1250, difference 0\n$/,
  );
  const order = await placeOrder(pool);
  const paymentId = await there.pay(order);
  const found = await audit();
  t.is(found.code, 1);
  t.regex(found.out, /✘ differs {2}standard-webhooks EUR: paid in 2500, paid out 0, sold 1250, difference 1250\n/);
  const line = `payment ${paymentId}, order ${order.orderId}: standard-webhooks has 1250 EUR, our books have nothing. orders `;
  t.true(found.out.includes(line), found.out);
  const [, command = ''] = /orders (payments reconcile .*)$/m.exec(found.out) ?? [];
  const mended = await run(...command.trim().split(' '));
  t.is(mended.code, 0, mended.err);
  const json = await audit('--json');
  t.is(json.code, 0);
  t.like(JSON.parse(json.out), {
    ok: true,
    ledgers: [
      { provider: 'standard-webhooks', differences: [], sums: [{ paidIn: 2_500, sold: 2_500, difference: 0 }] },
    ],
  });
  t.deepEqual(await rows(pool, 'SELECT status FROM orders WHERE order_id = ?', [order.orderId]), [{ status: 'paid' }]);
});

test('without --until the last five minutes are left out: a webhook may still be on its way', async (t) => {
  const { pool, there, run } = await shop(t);
  await there.pay(await placeOrder(pool));
  const { code, out } = await run('audit', '--ledger');
  t.deepEqual([code, out], [0, 'standard-webhooks: 0 movements compared.\n']);
});

test('a refund, a lost failure and a dispute that no webhook has reported are mended by the same command', async (t) => {
  const { there, sold, sendBack, audit, run } = await shop(t);
  const [one, two, three] = [await sold(), await sold(), await sold()];
  await there.refund(one.paymentId, 100);
  await there.failRefund(await sendBack(two.orderId, 200));
  await there.dispute(three.paymentId);
  const json = JSON.parse((await audit('--json')).out) as {
    ledgers: { differences: { subject: string; mend: string }[] }[];
  };
  const differences = json.ledgers[0]?.differences ?? [];
  t.deepEqual(differences.map(({ subject }) => subject).toSorted(), ['dispute', 'refund', 'refund']);
  for (const { mend } of differences) {
    const dry = await run(...mend.split(' ').slice(1), '--dry-run');
    t.is(dry.code, 0);
    t.regex(dry.out, /: not here \(dry run, nothing changed\)/);
  }
  for (const { mend } of differences) t.is((await run(...mend.split(' ').slice(1))).code, 0);
  t.is((await audit()).code, 0);
});

test('a provider that does not answer, one without a ledger, and one that is not configured: one line, and exit 1', async (t) => {
  const { env, simulator, audit, sold } = await shop(t);
  await sold();
  await simulator.fault({ ledger: { failNext: 1, status: 404 } });
  const none = await audit();
  t.deepEqual([none.code, none.out], [1, '']);
  t.regex(none.err, /^standard-webhooks has no ledger: the payment provider answered 404: .*\n$/);
  const PAYMENT_PROVIDER_URL = `http://127.0.0.1:${await freePort()}/`;
  const away = await orders(['audit', '--ledger'], { ...env, PAYMENT_PROVIDER_URL });
  t.deepEqual([away.code, away.out], [1, '']);
  t.regex(away.err, /^the payment provider is not available: .*\n$/i);
  t.notRegex(away.err, /^ +at /m, 'no stack');
  t.regex((await audit('--provider', 'stripe')).err, /There is no provider stripe\. Configured: standard-webhooks/);
  t.regex((await orders(['audit', '--ledger'], { MYSQL_URL: env.MYSQL_URL })).err, /No payment provider is configured/);
});

test('options that do not belong together are refused before anything is read', async (t) => {
  const { run } = await shop(t);
  for (const args of [
    ['--ledger', '--repair'],
    ['--ledger', '--archived'],
    ['--until', until()],
    ['--provider', 'stripe'],
    ['--ledger', '--since', until()],
  ]) {
    const { code, out, err } = await run('audit', ...args);
    t.deepEqual([code === 0, out], [false, ''], args.join(' '));
    t.regex(err, /--(ledger|repair|archived|until|provider|since)/);
  }
});

test('both providers are compared, and what is of other programs on the Stripe account is left out, also where Stripe has reported it', async (t) => {
  const { env, sold, pool } = await shop(t);
  await sold();
  const server = await startStripe();
  t.teardown(server.close);
  const order = await placeOrder(pool);
  server.balance.charge({ id: 'pi_other', amount: 99, currency: 'eur', metadata: {} });
  const theirs = { payment_intent: 'pi_other', amount: 9, currency: 'eur' };
  server.balance.refund({ id: 're_other', metadata: { key: 'a key of theirs' }, ...theirs }, 'succeeded');
  server.balance.dispute('dp_other', theirs);
  const reported = { provider: 'stripe', paymentId: 'pi_other', amount: 9 };
  t.is(await storeReport(pool, refundReport({ ...reported, refundId: 're_other' })), 'unplaced');
  t.is(await storeReport(pool, disputeReport({ ...reported, disputeId: 'dp_other' })), 'unplaced');
  server.balance.charge({ id: 'pi_ours', amount: 1_250, currency: 'eur', metadata: { orderId: order.orderId } });
  const both = { ...env, STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_API_URL: server.url };
  const run = () => orders(['audit', '--ledger', '--until', until()], both);
  const found = await run();
  t.is(found.code, 1);
  t.regex(
    found.out,
    /^stripe: 1 movement compared, and 3 of other programs on the account, which are left out\.\n.* orders payments reconcile --since TIME --provider stripe finds it\.\n✘ differs {2}stripe EUR: paid in 1250, paid out 0, sold 0, difference 1250\n/m,
  );
  t.regex(found.out, /payment pi_ours, order \S+: stripe has 1250 EUR, our books have nothing/);
  const mended = await orders(
    ['payments', 'reconcile', '--since', '2020-01-01T00:00:00Z', '--provider', 'stripe'],
    both,
  );
  t.is(mended.code, 0, mended.err);
  t.deepEqual(await rows(pool, "SELECT payment_id AS id, status FROM payments WHERE provider = 'stripe'"), [
    { id: 'pi_ours', status: 'accepted' },
  ]);
  t.is((await run()).code, 0);
});
