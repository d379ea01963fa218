import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request } from 'express';
import type { Logger } from 'pino';
import { createAfterPayment } from './after-payment.js';
import { createBegun } from './begun.js';
import { createBegunRoutes } from './begun-routes.js';
import { createCaptureRoutes } from './capture-routes.js';
import { createFaults } from './faults.js';
import { createLedger, type Payment } from './ledger.js';
import { createLedgerRoute } from './ledger-route.js';
import { createNotifier } from './notifier.js';
import { notFound, ProblemError, problemHandler } from './problem.js';
import { createRoutes } from './routes.js';
import { createWebhookSender, type Retries } from './webhook-sender.js';

export type SimulatorDeps = {
  /** Signs the webhooks: `whsec_<base64>`. */
  secret: string;
  /** The bearer token that refunds must have. Without `token` a refund needs none. */
  token?: string | undefined;
  /** The address for webhooks, unless a payment names another. */
  webhookUrl: string;
  logger: Logger;
  clock?: () => Date;
  retries?: Partial<Retries>;
};

export type Simulator = {
  /** Resolves with the base URL. Port 0 takes a free port. */
  listen: (port: number, host?: string) => Promise<string>;
  /** Resolves when every webhook so far is accepted, refused or given up. */
  idle: () => Promise<void>;
  /** Finishes the requests under way, and gives up the webhooks that are being retried. */
  close: () => Promise<void>;
};

const urlOf = ({ address, family, port }: AddressInfo): string => {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
};

/**
 * A payment provider for tests, the story and development. It sends real signed webhooks over HTTP and takes refunds.
 * Its payments are in memory only.
 *
 * - `POST /payments` charges a customer and sends the webhooks: 200 when the shop accepted every webhook at the first
 *   attempt, otherwise 202
 * - `GET /payments?since=&until=&after=&limit=`, `GET /payments/:paymentId` with their refunds and webhook deliveries
 * - `POST /payments/begin` with `Idempotency-Key` and the token: 201 with the `url` of a page on which a customer pays or
 *   declines, or 200 for a repetition. `POST /payments/:paymentId/cancel` with the token closes it, unless it is paid;
 *   the answer is the payment as it is then
 * - with `"capture": "at-settlement"` such a payment is only authorised. `POST /payments/:paymentId/capture` with
 *   `{"amount", "currency"}`, and `POST /payments/:paymentId/void`, both with `Idempotency-Key` and the token: the answer is
 *   the payment as it is then. `POST /payments/:paymentId/expire`: the customer's bank ends the authorisation
 * - `POST /refunds` with `Idempotency-Key` and, if a token is set, this bearer token: 201, or 200 for a repetition. If
 *   less than `amount` is left of the payment, the rest is refunded, and `amount` in the answer is the rest
 * - `POST /payments/:paymentId/refunds`, `POST /refunds/:refundId/fail`, `POST /payments/:paymentId/disputes` and
 *   `POST /disputes/:disputeId/close`: what a person does in the dashboard, and what banks do, with their webhooks
 * - `GET /ledger?since=&until=&of=&after=&limit=`: each movement of the shop's money; `of` is a payment, refund or dispute
 * - `POST /faults` `{"refunds": {"failNext": 2, "status": 503, "when": "before"}}` makes the next refunds fail; the same
 *   for `begin`, `retrieve`, `cancel`, `capture`, `void`, `list` and `ledger`. `{"webhooks": {"dropNext": 2}}`: the next
 *   webhooks are never sent
 * - `POST /settings` `{"webhookUrl": "…"}`: where webhooks go from now on
 */
export function createSimulator(deps: SimulatorDeps): Simulator {
  const { secret, token, webhookUrl, logger, clock = () => new Date(), retries } = deps;
  const ledger = createLedger(clock);
  const sender = createWebhookSender({ secret, clock, logger, retries });
  const faults = createFaults();
  const notifier = createNotifier({ sender, faults, webhookUrl, clock });

  const view = (payment: Payment) => ({
    ...payment,
    refunds: ledger.refundsOf(payment.paymentId),
    deliveries: notifier.deliveriesOf(payment.paymentId),
  });

  function requireToken(request: Request): void {
    if (token === undefined || request.get('authorization') === `Bearer ${token}`) return;
    throw new ProblemError(401, 'No token', 'This needs the token that the shop was given, as bearer');
  }

  const app = express();
  app.disable('x-powered-by');
  app.get(['/livez', '/readyz'], (_request, response) => void response.json({ status: 'ok' }));
  app.use(express.json());
  const routes = { ledger, notifier, faults, requireToken };
  app.use(createBegunRoutes({ ...routes, begun: createBegun(ledger, clock), view }), createRoutes(routes));
  app.use(createCaptureRoutes(routes), createAfterPayment({ ledger, notifier }));
  app.use(createLedgerRoute({ entries: ledger.entries, faults }));
  app.use(notFound);
  app.use(problemHandler(logger));
  const server = createServer(app);

  return {
    async listen(port, host = '127.0.0.1') {
      server.listen(port, host);
      await once(server, 'listening');
      return urlOf(server.address() as AddressInfo);
    },
    idle: sender.idle,
    async close() {
      await sender.close();
      server.close();
      server.closeIdleConnections();
      await once(server, 'close');
    },
  };
}
