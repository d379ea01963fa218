import type { Request, Response } from 'express';
import type { AskedChange, StockChangeResult, StockHistory } from '../domain/stock-change.js';
import { readJson, validate } from './body.js';
import { keyRefusal } from './checkout-refusal.js';
import { idempotencyKeyOf } from './idempotency-key.js';
import { validateQuery } from './query.js';
import { noSuchProduct, skuOf } from './sku-in-path.js';
import { stockRefusal } from './stock-refusal.js';
import { historyQuery, stockChangeBody } from './stock-schemas.js';

export interface StockDeps {
  readonly changeStock: (asked: AskedChange) => Promise<StockChangeResult>;
  /** @returns `undefined` when there is no such product */
  readonly stockHistory: (
    sku: string,
    page: { readonly before?: number | undefined; readonly limit: number },
  ) => Promise<StockHistory | undefined>;
}

/** The operators share one token, so the route does not know the person. */
const SOMEBODY = 'operator';

/** `POST /products/:sku/stock-changes` */
export function changeStockRoute({ changeStock }: StockDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const idempotencyKey = idempotencyKeyOf(request.get('idempotency-key'));
    if (idempotencyKey === undefined) throw keyRefusal();
    const body = validate(stockChangeBody, readJson(request.body));
    const sku = skuOf(request);
    const { reason = null, reference = null, by = SOMEBODY, cancelNewestOrders = false, ...asked } = body;
    const result = await changeStock({ ...asked, sku, reason, reference, by, cancelNewestOrders, idempotencyKey });
    if (result.kind !== 'changed') throw stockRefusal(result, sku);
    if (result.replayed) response.set('Idempotent-Replayed', 'true');
    response.status(201).json(result.change);
  };
}

/** `GET /products/:sku/stock-changes` */
export function stockHistoryRoute({ stockHistory }: StockDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const sku = skuOf(request);
    const page = validateQuery(historyQuery, request);
    const history = await stockHistory(sku, page);
    if (history === undefined) throw noSuchProduct(sku);
    const { changes, before } = history;
    const next = before && `/products/${encodeURIComponent(sku)}/stock-changes?before=${before}&limit=${page.limit}`;
    response.json({ changes, links: { ...(next && { next }) } });
  };
}
