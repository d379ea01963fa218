import anyTest, { type TestFn } from 'ava';
import type { Placed } from '../../src/cli/story/customer.js';
import type { System } from '../helpers/system.js';

/** `kill -9` of one process while orders are open: all orders end as they should. */

const test = anyTest as TestFn<{ system: System }>;

const ORDERS = 20;

async function buyMany({ customers }: System): Promise<Placed[]> {
  const answers = await Promise.all(
    Array.from({ length: ORDERS }, (_, user) => customers.buy(user + 1, [{ sku: 'cup', quantity: 1 }])),
  );
  return answers.map(({ body }) => body);
}

async function allEndPaid({ observer }: System, orders: readonly Placed[]): Promise<void> {
  await Promise.all(orders.map(({ orderId }) => observer.ended(orderId, { status: 'paid', movement: 'sold' })));
}

test.serial('the bridge dies while it handles deliveries, and the next bridge handles each order once', async (t) => {
  const { system } = t.context;
  const buying = buyMany(system);
  await system.kill('bridge');
  const orders = await buying;
  await system.start('bridge');
  await Promise.all(orders.map(({ orderId }) => system.observer.recorded(orderId)));
  await Promise.all(orders.map((order) => system.customers.pay(order)));
  await allEndPaid(system, orders);
  t.is(new Set(orders.map(({ orderId }) => orderId)).size, ORDERS);
});

test.serial('the worker dies between the record and the settlement, and its orders end as paid', async (t) => {
  const { system } = t.context;
  const orders = await buyMany(system);
  await Promise.all(orders.map(({ orderId }) => system.observer.recorded(orderId)));
  const paying = Promise.all(orders.map((order) => system.customers.pay(order)));
  // The SDK would handle this signal itself, and stop polling while the process continues.
  t.is(await system.kill('worker', 'SIGUSR2'), 'worker ended (SIGUSR2)');
  await paying;
  await system.start('worker');
  await allEndPaid(system, orders);
  t.is((await system.observer.stockOf('cup')).reserved, 0);
});

test.serial('the API dies after the commit, and the sweep publishes its order', async (t) => {
  const { system } = t.context;
  const asked = Array.from({ length: ORDERS }, (_, user) =>
    system.customers.buy(100 + user, [{ sku: 'cup', quantity: 1 }], `dies-${user}`).then(
      () => 'answered',
      () => 'not answered',
    ),
  );
  await system.kill('api');
  await Promise.all(asked);
  await system.start('api');
  const again = await Promise.all(
    Array.from({ length: ORDERS }, (_, user) =>
      system.customers.buy(100 + user, [{ sku: 'cup', quantity: 1 }], `dies-${user}`),
    ),
  );
  const orders = again.map(({ body }) => body);
  await Promise.all(orders.map(({ orderId }) => system.observer.recorded(orderId)));
  await Promise.all(orders.map((order) => system.customers.pay(order)));
  await allEndPaid(system, orders);
  t.is(new Set(orders.map(({ orderId }) => orderId)).size, ORDERS);
});
