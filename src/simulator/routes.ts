import { type Request, type RequestHandler, type Response, Router } from 'express';
import { v7 as uuid } from 'uuid';
import type { Ledger, Payment } from './ledger.js';
import { ProblemError, parse } from './problem.js';
import { faultRequest, paymentRequest, type RefundFault, refundRequest } from './schemas.js';
import type { Delivery, WebhookSender } from './webhook-sender.js';

type Deps = {
  ledger: Ledger;
  sender: WebhookSender;
  token: string | undefined;
  webhookUrl: string;
  clock: () => Date;
};

export function createRoutes({ ledger, sender, token, webhookUrl, clock }: Deps): Router {
  const deliveries = new Map<string, Delivery[]>();
  let fault: RefundFault = { failNext: 0, status: 503, when: 'before' };

  const view = (payment: Payment) => ({
    ...payment,
    refunds: ledger.refundsOf(payment.paymentId),
    deliveries: deliveries.get(payment.paymentId) ?? [],
  });

  const pay: RequestHandler = async (request, response) => {
    const input = parse(paymentRequest, request.body);
    const { paymentId, orderId, amount, currency } = ledger.charge(input);
    const webhookId = input.webhookId ?? `msg_${uuid()}`;
    const data = { paymentId, orderId, amount, currency };
    const body = JSON.stringify({ type: input.type, timestamp: clock().toISOString(), data });
    const message = { webhookId, url: input.webhookUrl ?? webhookUrl, body };

    const all = deliveries.get(paymentId) ?? [];
    deliveries.set(paymentId, all);
    const own: Delivery[] = [];
    const record = (delivery: Delivery) => {
      all.push(delivery);
      own.push(delivery);
    };
    // All copies are sent at the same time, to test the shop with duplicates that overlap.
    await Promise.all(Array.from({ length: input.times }, () => sender.send(message, record)));
    const delivered = own.every(({ status }) => status !== null && status >= 200 && status < 300);
    response.status(delivered ? 200 : 202).json({ paymentId, webhookId, deliveries: own });
  };

  const takeFault = (when: RefundFault['when']): void => {
    if (fault.failNext === 0 || fault.when !== when) return;
    fault = { ...fault, failNext: fault.failNext - 1 };
    throw new ProblemError(fault.status, 'Injected fault', `Asked for by POST /faults; ${fault.failNext} to come`);
  };

  const refund = (request: Request, response: Response): void => {
    if (token !== undefined && request.get('authorization') !== `Bearer ${token}`) {
      throw new ProblemError(401, 'No token', 'A refund needs the token that the shop was given, as bearer');
    }
    const key = request.get('idempotency-key')?.trim();
    if (!key) throw new ProblemError(400, 'No key', 'A refund needs an Idempotency-Key header');
    const input = parse(refundRequest, request.body);
    takeFault('before');
    const { refund: made, repeated } = ledger.refund(key, input);
    takeFault('after');
    response.status(repeated ? 200 : 201).json(made);
  };

  const showPayment = (request: Request<{ paymentId: string }>, response: Response): void => {
    const payment = ledger.find(request.params.paymentId);
    if (!payment) throw new ProblemError(404, 'Unknown payment', `There is no payment ${request.params.paymentId}`);
    response.json(view(payment));
  };

  const setFault = (request: Request, response: Response): void => {
    fault = parse(faultRequest, request.body).refunds;
    response.json({ refunds: fault });
  };

  const router = Router();
  router.post('/payments', pay);
  router.get('/payments', (_request, response) => {
    response.json({ payments: ledger.all().map(view) });
  });
  router.get('/payments/:paymentId', showPayment);
  router.post('/refunds', refund);
  router.post('/faults', setFault);
  return router;
}
