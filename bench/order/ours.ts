import type { Placed } from '../../src/cli/story/customer.js';
import { inParallel } from '../../src/domain/in-parallel.js';
import type { System } from '../../test/helpers/system.js';
import { sendWebhook } from '../../test/helpers/webhook.js';
import { orderWorkflowId } from '../../workflows/contract.js';
import { untilRecorded } from './recorded.js';
import { AT_ONCE, type Way } from './way.js';

/** The whole system over HTTP: checkout, queue, bridge, worker, webhook. */
export function createOurs(system: System): Way {
  const { customers, pool, shopUrl, taskQueue } = system;
  let placed: Placed[] = [];

  async function pay({ orderId, amount, currency }: Placed): Promise<void> {
    const data = { paymentId: `pay_${orderId}`, orderId, amount, currency };
    expect(await sendWebhook(shopUrl, { type: 'payment.succeeded', data }));
  }

  async function cancel({ orderId, readToken }: Placed): Promise<void> {
    const headers = { authorization: `Bearer ${readToken}` };
    expect(await fetch(`${shopUrl}/orders/${orderId}/cancel`, { method: 'POST', headers }));
  }

  return {
    taskQueue,
    worker: system.pids()['worker'] ?? 0,
    async place(count) {
      placed = [];
      const users = Array.from({ length: count }, (_, index) => index + 1);
      await inParallel(users, AT_ONCE, async (userId) => {
        const { status, body } = await customers.buy(userId, [{ sku: 'mug', quantity: 1 }]);
        if (status !== 201) throw new Error(`the checkout answered ${status}`);
        placed.push(body);
      });
      await untilRecorded(pool);
      return placed.map(({ orderId }) => orderWorkflowId(orderId));
    },
    end: (end) => inParallel(placed, AT_ONCE, end === 'paid' ? pay : cancel),
  };
}

function expect(response: Response): void {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
}
