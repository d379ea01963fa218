import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Logger } from 'pino';
import { createLedger } from './ledger.js';
import { notFound, problemHandler } from './problem.js';
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
 * - `GET /payments`, `GET /payments/:paymentId` with their refunds and webhook deliveries
 * - `POST /refunds` with `Idempotency-Key` and, if a token is set, this bearer token: 201, or 200 for a repetition. If
 *   less than `amount` is left of the payment, the rest is refunded, and `amount` in the answer is the rest
 * - `POST /faults` `{"refunds": {"failNext": 2, "status": 503, "when": "before"}}` makes the next refunds fail
 */
export function createSimulator(deps: SimulatorDeps): Simulator {
  const { secret, token, webhookUrl, logger, clock = () => new Date(), retries } = deps;
  const ledger = createLedger(clock);
  const sender = createWebhookSender({ secret, clock, logger, retries });

  const app = express();
  app.disable('x-powered-by');
  app.get(['/livez', '/readyz'], (_request, response) => void response.json({ status: 'ok' }));
  app.use(express.json());
  app.use(createRoutes({ ledger, sender, token, webhookUrl, clock }));
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
