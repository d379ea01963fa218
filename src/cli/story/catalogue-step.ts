import assert from 'node:assert/strict';
import { priceInWords } from '../../domain/in-words.js';
import { importedSku } from './scene.js';
import { paid, type Step } from './step.js';

export const soldOutAndRestocked: Step = {
  title: 'A product comes in by CSV and sells out, and a restock lets a guest buy with shipping and a voucher',
  async play({ backOffice, customers, observer }) {
    const sku = importedSku;
    await backOffice.importCsv(`sku,name,price,currency,stock\n${sku},"A poster, A2",24.90,EUR,1\n`);
    const wish = [{ sku, quantity: 1 }];
    const first = await customers.buy(10, wish);
    assert.equal(first.status, 201, JSON.stringify(first.body));
    const early = await customers.buy(null, wish);
    assert.ok(early.status === 409 && early.body.type?.endsWith('out-of-stock'), JSON.stringify(early.body));
    await backOffice.receive(sku, 1);
    const adjustments = [
      { kind: 'shipping', label: 'Tube', amount: 490 },
      { kind: 'discount', label: 'WELCOME', amount: -250 },
    ];
    const { status, body: guest } = await customers.buy(null, wish, undefined, { adjustments });
    assert.equal(status, 201, JSON.stringify(guest));
    assert.equal(guest.amount, 2_490 + 490 - 250);
    await Promise.all([first.body, guest].map(customers.pay));
    for (const { orderId } of [first.body, guest]) await observer.ended(orderId, paid);
    const { available, reserved } = await observer.stockOf(sku);
    assert.deepEqual([available, reserved], [0, 0]);
    const price = priceInWords(guest.amount, guest.currency);
    const lines = [`1 unit from the file, 409 for the next buyer, 1 unit received; the guest has paid ${price}`];
    return { lines, orders: [first.body.orderId, guest.orderId] };
  },
};
