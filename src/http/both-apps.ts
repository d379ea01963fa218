import express, { type Express } from 'express';
import type { Logger } from 'pino';
import type { OrderDeps } from './order-routes.js';
import { notFound, problemHandler } from './problem.js';
import type { RateLimitDeps } from './rate-limit.js';
import { requestLog } from './request-log.js';
import { setCommonHeaders } from './security-headers.js';

/** The parts of the two HTTP apps of the API: the public app (app.ts) and the operators' app (admin-app.ts). */

export interface BothAppsDeps extends OrderDeps, RateLimitDeps {
  readonly log: Logger;
  /** Of this package, for the description. */
  readonly version: string;
}

/** An app without routes: its settings, the log of requests and the headers of every answer. */
export function createBareApp({ log }: Pick<BothAppsDeps, 'log'>): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(requestLog(log));
  app.use(setCommonHeaders);
  return app;
}

/** Called after the last route: an unknown route is a 404, and each error becomes one answer. */
export function addErrorAnswers(app: Express, { log }: Pick<BothAppsDeps, 'log'>): void {
  app.use((request) => {
    throw notFound(`There is no ${request.method} ${request.path}.`);
  });
  app.use(problemHandler(log));
}
