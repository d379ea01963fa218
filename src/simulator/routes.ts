import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Faults } from './faults.js';
import type { Ledger } from './ledger.js';
import type { Notifier } from './notifier.js';
import { ProblemError, parse } from './problem.js';
import { faultRequest, paymentRequest, refundRequest, settingsRequest } from './schemas.js';

type Deps = {
  ledger: Ledger;
  notifier: Notifier;
  faults: Faults;
  requireToken: (request: Request) => void;
};

export function createRoutes({ ledger, notifier, faults, requireToken }: Deps): Router {
  const pay: RequestHandler = async (request, response) => {
    const input = parse(paymentRequest, request.body);
    const payment = ledger.charge(input);
    const { webhookId, webhookUrl: url, times } = input;
    const sent = await notifier.notify(payment, input.type, { webhookId, url, times });
    const delivered = sent.deliveries.every(({ status }) => status !== null && status >= 200 && status < 300);
    response.status(delivered ? 200 : 202).json({ paymentId: payment.paymentId, ...sent });
  };

  const refund = (request: Request, response: Response): void => {
    requireToken(request);
    const key = request.get('idempotency-key')?.trim();
    if (!key) throw new ProblemError(400, 'No key', 'A refund needs an Idempotency-Key header');
    const input = parse(refundRequest, request.body);
    faults.take('refunds');
    const { refund: made, repeated } = ledger.refund(key, input);
    faults.take('refunds', 'after');
    response.status(repeated ? 200 : 201).json(made);
  };

  const setFault = (request: Request, response: Response): void => {
    response.json(faults.set(parse(faultRequest, request.body)));
  };

  const set = (request: Request, response: Response): void => {
    const { webhookUrl } = parse(settingsRequest, request.body);
    notifier.sendTo(webhookUrl);
    response.json({ webhookUrl });
  };

  const router = Router();
  router.post('/payments', pay);
  router.post('/refunds', refund);
  router.post('/faults', setFault);
  router.post('/settings', set);
  return router;
}
