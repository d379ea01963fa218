import { type Request, type Response, Router } from 'express';
import type { Ledger } from './ledger.js';
import type { Notifier } from './notifier.js';
import { parse } from './problem.js';
import { closeRequest, dashboardRefundRequest, disputeRequest, failRequest } from './schemas.js';

/**
 * What happens to a payment without the shop: refunds in the dashboard, refunds that fail later, disputes. Each sends its
 * webhook, unless the request has `"webhook": false`.
 */
export function createAfterPayment({ ledger, notifier }: { ledger: Ledger; notifier: Notifier }): Router {
  async function tell(response: Response, type: string, data: object, wanted: boolean): Promise<void> {
    const webhookId = wanted ? await notifier.report(type, data) : null;
    response.status(201).json({ webhookId, ...data });
  }

  const router = Router();
  router.post('/payments/:paymentId/refunds', async (request: Request<{ paymentId: string }>, response) => {
    const { amount, webhook } = parse(dashboardRefundRequest, request.body);
    const { refundId, paymentId, currency, ...made } = ledger.refundByHand(request.params.paymentId, amount);
    await tell(response, 'refund.succeeded', { refundId, paymentId, amount: made.amount, currency }, webhook);
  });
  router.post('/refunds/:refundId/fail', async (request: Request<{ refundId: string }>, response) => {
    const { failure, webhook } = parse(failRequest, request.body);
    const { key, refund } = ledger.failRefund(request.params.refundId);
    const { refundId, paymentId, amount, currency } = refund;
    const data = { refundId, paymentId, amount, currency, ...(key !== undefined && { key }), failure };
    await tell(response, 'refund.failed', data, webhook);
  });
  router.post('/payments/:paymentId/disputes', async (request: Request<{ paymentId: string }>, response) => {
    const { amount, reason, webhook } = parse(disputeRequest, request.body);
    const { disputeId, paymentId, currency, ...opened } = ledger.openDispute(request.params.paymentId, amount);
    await tell(response, 'dispute.opened', { disputeId, paymentId, amount: opened.amount, currency, reason }, webhook);
  });
  router.post('/disputes/:disputeId/close', async (request: Request<{ disputeId: string }>, response) => {
    const { outcome, webhook } = parse(closeRequest, request.body);
    const { disputeId, paymentId, amount, currency } = ledger.closeDispute(request.params.disputeId, outcome);
    await tell(response, 'dispute.closed', { disputeId, paymentId, amount, currency, outcome }, webhook);
  });
  return router;
}
