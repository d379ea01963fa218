import assert from 'node:assert/strict';
import { paid, type Step } from './step.js';

/** Played while no other step pays: the provider drops the next webhook of any payment. */
export const lostWebhook: Step = {
  title: 'A webhook is lost, and the money is found',
  async play({ customers, observer, skus }) {
    const { status, body: order } = await customers.buy(11, [{ sku: skus.mug, quantity: 1 }]);
    assert.equal(status, 201, JSON.stringify(order));
    const { paymentId, url } = await customers.begin(order);
    await customers.loseNextWebhook();
    await customers.payOnPage(url);
    await observer.ended(order.orderId, paid);
    const { deliveries } = await customers.payment(paymentId);
    assert.deepEqual(deliveries, [], 'the provider has sent no webhook');
    const lines = ['paid on the page of the provider, which sends no webhook; the shop asked, and sold in time'];
    return { lines, orders: [order.orderId] };
  },
};
