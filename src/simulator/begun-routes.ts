import express, { type Request, type Response, Router } from 'express';
import type { Begun } from './begun.js';
import type { Faults } from './faults.js';
import type { Ledger, Payment } from './ledger.js';
import type { Notifier } from './notifier.js';
import { payPage } from './pay-page.js';
import { ProblemError, parse } from './problem.js';
import { beginRequest, payChoice, paymentsQuery } from './schemas.js';

type Deps = {
  begun: Begun;
  ledger: Ledger;
  notifier: Notifier;
  faults: Faults;
  /** @throws {ProblemError} 401 without the shop's token */
  requireToken: (request: Request) => void;
  view: (payment: Payment) => object;
};

type OfPayment = Request<{ paymentId: string }>;

/** The routes of payments that the shop begins: for the shop, and the page for its customer. */
export function createBegunRoutes({ begun, ledger, notifier, faults, requireToken, view }: Deps): Router {
  const urlOf = (request: Request, { paymentId }: Payment) =>
    `${request.protocol}://${request.get('host')}/pay/${paymentId}`;
  const shown = (request: Request, payment: Payment) => ({ ...view(payment), url: urlOf(request, payment) });

  const begin = (request: Request, response: Response): void => {
    requireToken(request);
    const key = request.get('idempotency-key')?.trim();
    if (!key) throw new ProblemError(400, 'No key', 'A payment begins under an Idempotency-Key header');
    const input = parse(beginRequest, request.body);
    faults.take('begin');
    const { payment, repeated } = begun.begin(key, input);
    faults.take('begin', 'after');
    response.status(repeated ? 200 : 201).json(shown(request, payment));
  };

  const show = (request: OfPayment, response: Response): void => {
    const payment = begun.find(request.params.paymentId);
    faults.take('retrieve');
    response.json(shown(request, payment));
  };

  const cancel = (request: OfPayment, response: Response): void => {
    requireToken(request);
    faults.take('cancel');
    const payment = begun.cancel(request.params.paymentId);
    faults.take('cancel', 'after');
    response.json(shown(request, payment));
  };

  /** In the sequence in which the payments began; `next` is the cursor of the page behind this one. */
  const list = (request: Request, response: Response): void => {
    const { since, until, after, limit } = parse(paymentsQuery, request.query);
    faults.take('list');
    const all = ledger.all().filter(({ createdAt }) => (!since || createdAt >= since) && (!until || createdAt < until));
    const from = after === undefined ? 0 : all.findIndex(({ paymentId }) => paymentId === after) + 1;
    const page = limit === undefined ? all.slice(from) : all.slice(from, from + limit);
    const next = from + page.length < all.length ? page.at(-1)?.paymentId : undefined;
    response.json({ payments: page.map((payment) => shown(request, payment)), ...(next !== undefined && { next }) });
  };

  const page = (request: OfPayment, response: Response): void => {
    const payment = begun.find(request.params.paymentId);
    response.type('html').send(payPage(payment, begun.returnsOf(payment.paymentId)));
  };

  /** The customer's button. The webhook is sent before the answer, and its failure is not the customer's business. */
  const choose = async (request: OfPayment, response: Response): Promise<void> => {
    const { paymentId } = request.params;
    const { choice } = parse(payChoice, request.body);
    const before = begun.find(paymentId).status;
    const payment = choice === 'pay' ? begun.pay(paymentId) : begun.decline(paymentId);
    const isChanged = before === 'open' || before === 'failed';
    const paid = payment.status === 'authorised' ? 'payment.authorised' : 'payment.succeeded';
    if (isChanged) await notifier.notify(payment, choice === 'pay' ? paid : 'payment.failed');
    const { returnUrl } = begun.returnsOf(paymentId);
    if (choice === 'pay' && returnUrl !== undefined) response.redirect(303, returnUrl);
    else response.redirect(303, `/pay/${paymentId}`);
  };

  const router = Router();
  router.post('/payments/begin', begin);
  router.get('/payments', list);
  router.get('/payments/:paymentId', show);
  router.post('/payments/:paymentId/cancel', cancel);
  router.get('/pay/:paymentId', page);
  router.post('/pay/:paymentId', express.urlencoded({ extended: false }), choose);
  return router;
}
