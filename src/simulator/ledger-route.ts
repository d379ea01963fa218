import { type Request, type Response, Router } from 'express';
import type { Entry } from './entries.js';
import type { Faults } from './faults.js';
import { parse } from './problem.js';
import { ledgerQuery } from './schemas.js';

/** `GET /ledger`: the movements of the shop's money, the oldest first; `next` is the cursor of the page behind this one. */
export function createLedgerRoute({ entries, faults }: { entries: () => readonly Entry[]; faults: Faults }): Router {
  const list = (request: Request, response: Response): void => {
    const { since, until, of, after, limit = 100 } = parse(ledgerQuery, request.query);
    faults.take('ledger');
    const wanted = entries().filter(
      (entry) =>
        (!since || entry.time >= since) && (!until || entry.time < until) && (of === undefined || idOf(entry) === of),
    );
    const from = after === undefined ? 0 : wanted.findIndex(({ id }) => id === after) + 1;
    const page = wanted.slice(from, from + limit);
    const next = from + page.length < wanted.length ? page.at(-1)?.id : undefined;
    response.json({ entries: page, ...(next !== undefined && { next }) });
  };

  const router = Router();
  router.get('/ledger', list);
  return router;
}

/** The id of what the entry is about. */
const idOf = ({ disputeId, refundId, paymentId }: Entry): string => disputeId ?? refundId ?? paymentId;
