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
  /** The bearer that refunds have to carry; none is asked for when it is left out. */
  token?: string | undefined;
  /** Where webhooks go unless a payment names another address. */
  webhookUrl: string;
  logger: Logger;
  clock?: () => Date;
  retries?: Partial<Retries>;
};

export type Simulator = {
  /** Resolves with the base URL; port 0 takes a free one. */
  listen: (port: number, host?: string) => Promise<string>;
  /** Resolves when every webhook so far was accepted, refused or given up. */
  idle: () => Promise<void>;
  /** Answers what is under way, gives up what is being retried. */
  close: () => Promise<void>;
};

const urlOf = ({ address, family, port }: AddressInfo): string => {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
};

/**
 * A payment provider for tests, the story and a developer's desk: it sends real signed webhooks over HTTP and takes
 * refunds. What it knows lives in memory and ends with it.
 *
 * - `POST /payments` charges a customer and tells the shop: 200 once every webhook was accepted at the first attempt,
 *   202 while some are still to be retried or were refused
 * - `GET /payments`, `GET /payments/:paymentId` with their refunds and webhook deliveries
 * - `POST /refunds` with `Idempotency-Key` and, where a token is set, with it as bearer: 201, or 200 for a repetition;
 *   where less than `amount` is left of the payment, the rest goes back and `amount` says how much
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
