import assert from 'node:assert/strict';
import { priceInWords } from '../../domain/in-words.js';
import { soldOutAndRestocked } from './catalogue-step.js';
import type { Placed } from './customer.js';
import { lostWebhook } from './lost-webhook-step.js';
import { canceled, paid, type Scene, type Step } from './step.js';

async function buyOne({ customers }: Scene, userId: number, sku: string): Promise<Placed> {
  const { status, body } = await customers.buy(userId, [{ sku, quantity: 1 }]);
  assert.equal(status, 201, `checkout answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

const paysInTime: Step = {
  title: 'One pays in time',
  async play(scene) {
    const order = await buyOne(scene, 1, scene.skus.mug);
    assert.equal((await scene.customers.look(order)).status, 'placed');
    await scene.customers.pay(order);
    await scene.observer.ended(order.orderId, paid);
    return { lines: ['placed, paid; the stock is sold, the workflow is complete'], orders: [order.orderId] };
  },
};

const neverPays: Step = {
  title: 'One never pays, and the timer cancels',
  async play(scene) {
    const order = await buyOne(scene, 2, scene.skus.lamp);
    const held = await scene.observer.stockOf(scene.skus.lamp);
    assert.equal(held.reserved, 1);
    await scene.observer.ended(order.orderId, canceled);
    assert.equal((await scene.customers.look(order)).cancelReason, 'payment-window-expired');
    const after = await scene.observer.stockOf(scene.skus.lamp);
    assert.deepEqual([after.available, after.reserved, after.sold], [held.available + 1, 0, held.sold]);
    const lines = [`canceled at its deadline; stock back: ${held.available} → ${after.available} available`];
    return { lines, orders: [order.orderId] };
  },
};

const paysTooLate: Step = {
  title: 'One pays too late, and is refunded',
  async play(scene) {
    const order = await buyOne(scene, 3, scene.skus.mug);
    await scene.observer.ended(order.orderId, canceled);
    const paymentId = await scene.customers.pay(order);
    await scene.observer.refunded(paymentId);
    const { refunds } = await scene.customers.payment(paymentId);
    assert.equal(refunds.length, 1, 'the provider paid back once');
    const seen = await scene.customers.look(order);
    assert.deepEqual([seen.status, seen.refund], ['canceled', 'refunded']);
    const lines = [
      `stays canceled; ${priceInWords(order.amount, order.currency)} went back, refund ${refunds[0]?.refundId}`,
    ];
    return { lines, orders: [order.orderId, scene.observer.latePayment(paymentId)] };
  },
};

const lastUnit: Step = {
  title: 'Two want the last unit, and one gets it',
  async play(scene) {
    const { customers, observer, skus } = scene;
    const wish = [{ sku: skus.print, quantity: 1 }];
    const before = await observer.stockOf(skus.print);
    assert.equal(before.available, 1);
    const answers = await Promise.all([customers.buy(4, wish), customers.buy(5, wish)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409]);
    const won = answers.find(({ status }) => status === 201)?.body;
    const lost = answers.find(({ status }) => status === 409)?.body;
    assert.ok(won && lost?.type?.endsWith('out-of-stock'), JSON.stringify(lost));
    await customers.pay(won);
    await observer.ended(won.orderId, paid);
    const stock = await observer.stockOf(skus.print);
    assert.deepEqual([stock.available, stock.reserved, stock.sold - before.sold], [0, 0, 1]);
    return { lines: ['201 for one, 409 out-of-stock for the other; 1 sold, 0 left'], orders: [won.orderId] };
  },
};

const asksTwice: Step = {
  title: 'One asks twice with the same key, and gets one order',
  async play(scene) {
    const { customers, observer } = scene;
    const key = `story-${Date.now()}`;
    const wish = [{ sku: scene.skus.mug, quantity: 2 }];
    const [first, second] = [await customers.buy(6, wish, key), await customers.buy(6, wish, key)];
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.deepEqual(second.body, first.body);
    assert.equal(await observer.checkoutsWith(6, key), 1);
    await customers.pay(first.body);
    await observer.ended(first.body.orderId, paid);
    return { lines: ['the same answer twice, one row, one workflow'], orders: [first.body.orderId] };
  },
};

const workerKilled: Step = {
  title: 'One waits while the worker is killed and restarted',
  async play(scene) {
    const before = await buyOne(scene, 7, scene.skus.mug);
    await scene.observer.recorded(before.orderId);
    await scene.killWorker();
    const during = await buyOne(scene, 8, scene.skus.mug);
    await Promise.all([scene.customers.pay(before), scene.customers.pay(during)]);
    for (const order of [before, during]) await scene.observer.settled(order.orderId, paid);
    await scene.restartWorker();
    for (const { orderId } of [before, during]) await scene.observer.ended(orderId, paid);
    const lines = [
      'placed before and during the outage, and paid while no worker ran; the workflows end after the restart',
    ];
    return { lines, orders: [before.orderId, during.orderId] };
  },
};

const legacyCancel: Step = {
  title: 'One legacy cancel message arrives, and does no harm',
  async play(scene) {
    const order = await buyOne(scene, 9, scene.skus.mug);
    await scene.customers.pay(order);
    await scene.observer.ended(order.orderId, paid);
    await scene.observer.sendLegacyCancel(order.orderId, 9);
    assert.equal((await scene.customers.look(order)).status, 'paid');
    const lines = ['through order_delay_queue and order_cancel_queue to the bridge: the paid order was left alone'];
    return { lines, orders: [order.orderId] };
  },
};

/** These steps share no stock and are played at the same time. */
export const parallelSteps: readonly Step[] = [
  paysInTime,
  neverPays,
  paysTooLate,
  lastUnit,
  asksTwice,
  soldOutAndRestocked,
];
/** Played one by one, since the first step stops the worker. */
export const sequentialSteps: readonly Step[] = [workerKilled, legacyCancel, lostWebhook];
