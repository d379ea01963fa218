import { type Request, type Response, Router } from 'express';
import type { Faults } from './faults.js';
import type { Ledger, Payment } from './ledger.js';
import type { Notifier } from './notifier.js';
import { ProblemError, parse } from './problem.js';
import { captureRequest } from './schemas.js';

type Deps = {
  ledger: Ledger;
  notifier: Notifier;
  faults: Faults;
  /** @throws {ProblemError} 401 without the shop's token */
  requireToken: (request: Request) => void;
};

type OfPayment = Request<{ paymentId: string }>;

/** What the shop does with money that is authorised, and how an authorisation expires. */
export function createCaptureRoutes({ ledger, notifier, faults, requireToken }: Deps): Router {
  const before = (paymentId: string) => ledger.find(paymentId)?.status;

  function requireKey(request: Request): void {
    requireToken(request);
    if (request.get('idempotency-key')?.trim()) return;
    throw new ProblemError(400, 'No key', 'A capture and a void need an Idempotency-Key header');
  }

  /** The payment is the answer to every call: a second one learns what the first one did. The webhook comes once. */
  const capture = async (request: OfPayment, response: Response): Promise<void> => {
    requireKey(request);
    const { paymentId } = request.params;
    const { amount, currency } = parse(captureRequest, request.body);
    faults.take('capture');
    const isHeld = before(paymentId) === 'authorised';
    const payment = ledger.capture(paymentId, amount, currency);
    if (isHeld) await notifier.notify(payment, 'payment.succeeded');
    faults.take('capture', 'after');
    response.json(payment);
  };

  const release = (request: OfPayment, response: Response): void => {
    requireKey(request);
    faults.take('void');
    const payment: Payment = ledger.release(request.params.paymentId);
    faults.take('void', 'after');
    response.json(payment);
  };

  /** The customer's bank ends the authorisation after some days. No webhook says so. */
  const expire = (request: OfPayment, response: Response): void => {
    response.json(ledger.release(request.params.paymentId));
  };

  const router = Router();
  router.post('/payments/:paymentId/capture', capture);
  router.post('/payments/:paymentId/void', release);
  router.post('/payments/:paymentId/expire', expire);
  return router;
}
