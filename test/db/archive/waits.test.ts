import test, { type ExecutionContext } from 'ava';
import { archiveOrders, type Ended, endedPages } from '../../../src/db/archive/archive-orders.js';
import { auditDatabase } from '../../../src/db/audit/audit.js';
import { openBegun, storeReference } from '../../../src/db/begun/begin.js';
import { markClosed } from '../../../src/db/begun/outcomes.js';
import type { Pool } from '../../../src/db/driver/pool.js';
import { settleOrder } from '../../../src/db/orders/settlement.js';
import { storeReport } from '../../../src/db/reports/store-report.js';
import { applyWaitingReports } from '../../../src/db/reports/waiting-reports.js';
import { deliverEverything, now } from '../../helpers/archive.js';
import { placeOrder, shopDatabase } from '../../helpers/database.js';
import { endpointWith, serveOnce, skipPauses } from '../../helpers/endpoints.js';
import { paidOrder } from '../../helpers/refunds.js';
import { closedReport, disputeReport, refundReport } from '../../helpers/reports.js';
import { payFor } from '../payment-events.js';

/** What others have still to do with an ended order: it is archived when they have done it, and not before. */

interface Left {
  readonly orderId: string;
  readonly why: string;
  readonly finish: () => Promise<unknown>;
}

const leftByOthers: readonly (readonly [what: string, leave: (t: ExecutionContext, pool: Pool) => Promise<Left>])[] = [
  [
    'the bank decides a dispute',
    async (_, pool) => {
      const { orderId, paymentId } = await paidOrder(pool);
      const dispute = { paymentId, disputeId: 'dp_1' };
      await storeReport(pool, disputeReport(dispute));
      const why = 'a dispute is open, or a report of its provider is not applied';
      return { orderId, why, finish: () => storeReport(pool, closedReport(dispute, 'won')) };
    },
  ],
  [
    'a report that came before its payment is applied',
    async (_, pool) => {
      const order = await placeOrder(pool);
      const paymentId = 'early';
      await storeReport(pool, refundReport({ paymentId, type: 'refund.failed', failure: 'no account' }));
      await payFor(pool, order, { paymentId });
      await settleOrder(pool, order.orderId, { kind: 'payment', paymentId });
      const why = 'a dispute is open, or a report of its provider is not applied';
      return { orderId: order.orderId, why, finish: () => applyWaitingReports(pool) };
    },
  ],
  [
    'an endpoint takes its events',
    async (t, pool) => {
      const endpoint = await endpointWith(t, pool);
      endpoint.answer = (_, response) => void response.writeHead(500).end();
      const { orderId } = await paidOrder(pool);
      await serveOnce(pool);
      endpoint.answer = (_, response) => void response.writeHead(204).end();
      const finish = async () => {
        await skipPauses(pool);
        while ((await serveOnce(pool)).length > 0);
      };
      return { orderId, why: 'an event waits for an endpoint', finish };
    },
  ],
  [
    'the provider closes a payment that was begun here',
    async (_, pool) => {
      const { orderId } = await placeOrder(pool);
      const asked = {
        orderId,
        provider: 'test',
        as: 'page',
        returnUrl: null,
        cancelUrl: null,
        capture: 'at-once',
        closeWithinMs: 0,
      } as const;
      const opened = await openBegun(pool, asked);
      if (opened.kind !== 'opened') throw new Error(`not begun: ${opened.kind}`);
      await storeReference(pool, opened.begun, 'pi_1');
      await settleOrder(pool, orderId, { kind: 'cancel', reason: 'customer-request' });
      return { orderId, why: 'a payment that was begun here is open', finish: () => markClosed(pool, opened.begun) };
    },
  ],
];

for (const [what, leave] of leftByOthers) {
  test(`an order stays until ${what}`, async (t) => {
    const { pool } = await shopDatabase(t);
    const { orderId, why, finish } = await leave(t, pool);
    await deliverEverything(pool);
    const pages = async () => {
      const found: Ended[] = [];
      for await (const page of endedPages(pool, now())) found.push(...page);
      return found;
    };
    t.deepEqual(await pages(), [{ orderId, stays: why }]);
    // Also where the order was chosen before.
    t.deepEqual(await archiveOrders(pool, [orderId], now()), []);
    await finish();
    await deliverEverything(pool);
    t.deepEqual(await pages(), [{ orderId, stays: null }]);
    t.deepEqual(await archiveOrders(pool, [orderId], now()), [orderId]);
    t.deepEqual(await auditDatabase(pool, 30, { ofArchive: 'all' }), []);
  });
}
