import type { RowDataPacket } from 'mysql2/promise';
import type { Pool } from '../../src/db/driver/pool.js';
import type { Checkout } from '../../src/domain/checkout.js';
import { signedWebhook } from '../../test/helpers/webhook.js';
import { withCpu } from '../harness/cpu.js';
import type { Measured } from '../harness/figure.js';
import { expectOnly, type HttpLoad } from '../harness/http-load.js';
import { placeOrders } from '../place-orders.js';
import { AT_ONCE } from './in-workflow.js';

/** Webhooks of payments over HTTP, for orders that wait for their payment. */
export function createWebhooks(deps: {
  readonly pool: Pool;
  readonly url: string;
  readonly load: HttpLoad;
  /** The processes whose CPU is counted. */
  readonly pids: () => Readonly<Record<string, number>>;
}) {
  return {
    /** Pays so many orders, as fast as the answers come or at a rate. `value` is payments a second. */
    async measure(skus: readonly string[], count: number, rate?: number): Promise<Measured> {
      const placed = await placeOrders(deps.pool, skus, count);
      const { result, cpu } = await withCpu(
        deps.pids(),
        () =>
          deps.load.run({
            url: deps.url,
            connections: AT_ONCE,
            requests: placed.map(webhookOf),
            amount: { count },
            ...(rate !== undefined && { rate }),
          }),
        ({ count: answered }) => answered,
      );
      expectOnly(204, result);
      await expectPaid(deps.pool, placed);
      const { p50, p99, max } = result.latency;
      return { value: result.perSecond, details: { 'p50 ms': p50, 'p99 ms': p99, 'max ms': max, ...cpu } };
    },
  };
}

export type Unpaid = Pick<Checkout, 'orderId' | 'amount' | 'currency'>;

export const webhookOf = ({ orderId, amount, currency }: Unpaid) =>
  signedWebhook({ type: 'payment.succeeded', data: { paymentId: `pay_${orderId}`, orderId, amount, currency } });

/** A 2xx says that the order is paid. */
async function expectPaid(pool: Pool, placed: readonly Checkout[]): Promise<void> {
  const [rows] = await pool.query<(RowDataPacket & { paid: number })[]>(
    "SELECT COUNT(*) AS paid FROM orders WHERE status = 'paid' AND order_id IN (?)",
    [placed.map(({ orderId }) => orderId)],
  );
  if (rows[0]?.paid !== placed.length) throw new Error(`${placed.length} orders were paid, ${rows[0]?.paid} are`);
}
