import { createCustomers, type Placed } from '../../src/cli/story/customer.js';
import type { Pool } from '../../src/db/driver/pool.js';
import { inParallel } from '../../src/domain/in-parallel.js';
import { sendWebhook } from '../../test/helpers/webhook.js';
import { untilRecorded } from './recorded.js';
import { AT_ONCE, type Way } from './way.js';

/** A whole shop over HTTP: checkout, queue, workflow, webhook or cancel. Both shops get the same requests. */
export function createShopWay(shop: {
  readonly url: string;
  readonly pool: Pool;
  readonly taskQueue: string;
  /** The process of the worker. */
  readonly worker: number;
  readonly workflowIdOf: (orderId: string) => string;
}): Way {
  const customers = createCustomers({ shop: shop.url, provider: 'none' });
  let placed: Placed[] = [];

  async function pay({ orderId, amount, currency }: Placed): Promise<void> {
    const data = { paymentId: `pay_${orderId}`, orderId, amount, currency };
    expect(await sendWebhook(shop.url, { type: 'payment.succeeded', data }));
  }

  async function cancel({ orderId, readToken }: Placed): Promise<void> {
    const headers = { authorization: `Bearer ${readToken}` };
    expect(await fetch(`${shop.url}/orders/${orderId}/cancel`, { method: 'POST', headers }));
  }

  return {
    taskQueue: shop.taskQueue,
    worker: shop.worker,
    async place(count) {
      placed = [];
      const users = Array.from({ length: count }, (_, index) => index + 1);
      await inParallel(users, AT_ONCE, async (userId) => {
        const { status, body } = await customers.buy(userId, [{ sku: SKU, quantity: 1 }]);
        if (status !== 201) throw new Error(`the checkout answered ${status}`);
        placed.push(body);
      });
      await untilRecorded(shop.pool);
      return placed.map(({ orderId }) => shop.workflowIdOf(orderId));
    },
    end: (end) => inParallel(placed, AT_ONCE, end === 'paid' ? pay : cancel),
  };
}

export const SKU = 'mug';

function expect(response: Response): void {
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
}
