import anyTest, { type TestFn } from 'ava';
import { until } from '../../src/cli/story/until.js';
import { rows } from '../helpers/database.js';
import { asOperator } from '../helpers/operator.js';
import { createReceiver, typesBySubject } from '../helpers/receiver.js';
import { adminToken, type System } from '../helpers/system.js';

/** Endpoints of the running processes: what orders do arrives by HTTP, also after the bridge was killed. */

const test = anyTest as TestFn<{ system: System }>;

const life = ['order.placed', 'order.paid'];

test.serial(
  'an endpoint gets every event in the order of each order, though the bridge is killed in the middle',
  async (t) => {
    const { system } = t.context;
    const receiver = await createReceiver(t);
    const operator = asOperator(system.adminUrl);
    const { status, body } = await operator('POST', '/endpoints', { url: receiver.url, events: ['order.*'] });
    t.is(status, 201);
    const go = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const take = receiver.answer;
    receiver.answer = async (request, response) => {
      begun.resolve();
      await go.promise;
      await take(request, response);
    };
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      const order = (await system.customers.buy(1, [{ sku: 'mug', quantity: 1 }])).body;
      await system.customers.pay(order);
      ids.push(order.orderId);
    }
    await begun.promise;
    await system.kill('bridge');
    go.resolve();
    receiver.answer = take;
    await system.start('bridge');
    const byOrder = await until(
      'all events',
      async () => typesBySubject(receiver.received),
      (found) => ids.every((id) => found[id]?.length === 2),
    );
    for (const id of ids) t.deepEqual(byOrder[id], life);
    t.false(system.logs().includes(String(body['secret'])), 'no log has the secret');
    await operator('POST', `/endpoints/${body['endpointId']}/pause`, { by: 'a test' });
    const removed = await fetch(`${system.adminUrl}/endpoints/${body['endpointId']}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${adminToken}` },
    });
    t.is(removed.status, 204);
    await until(
      'its rows to be deleted',
      () => rows(system.pool, 'SELECT 1 FROM endpoints'),
      ({ length }) => length === 0,
    );
  },
);
