import { styleText } from 'node:util';
import type { Pool } from '../db/driver/pool.js';
import { createStockChanges, rehearseChange } from '../db/stock/stock-changes.js';
import { stockHistory } from '../db/stock/stock-history.js';
import type { AskedChange, RefusedChange, StockChange, StockChangeResult } from '../domain/stock-change.js';
import { counted } from './counted.js';

type Say = (line: string) => void;

interface Output {
  readonly json: boolean;
  readonly say: Say;
}

/** A rule of thumb: a person does not read a longer list. */
const LONGEST_LIST = 200;

/** @returns false when the stock cannot change so; the reason is printed */
export async function changeCommand(
  pool: Pool,
  asked: AskedChange,
  { json, say, dryRun }: Output & { readonly dryRun: boolean },
): Promise<boolean> {
  const result = dryRun ? await rehearseChange(pool, asked) : await createStockChanges(pool).change(asked);
  const isDone = result.kind === 'changed';
  if (json) {
    say(JSON.stringify({ idempotencyKey: asked.idempotencyKey, dryRun, ...result }, null, 2));
    return isDone;
  }
  if (!isDone) {
    say(`not changed: ${refusalInWords(result, asked.sku)}`);
    return false;
  }
  const { change, replayed } = result;
  if (replayed) say('This key was used before: nothing changed now.');
  if (dryRun) say('A dry run: nothing was changed.');
  say(lineOf(change));
  if (change.canceledOrders.length > 0) {
    say(`${counted(change.canceledOrders.length, 'order')} canceled, the newest first:`);
    for (const orderId of change.canceledOrders) say(`    ${orderId}`);
  }
  return true;
}

/** @returns false when there is no such product */
export async function historyCommand(
  pool: Pool,
  sku: string,
  { json, say, before }: Output & { readonly before?: number | undefined },
): Promise<boolean> {
  const history = await stockHistory(pool, sku, { before, limit: LONGEST_LIST });
  if (history === undefined) {
    say(noProduct(sku));
    return false;
  }
  if (json) {
    say(JSON.stringify(history, null, 2));
    return true;
  }
  for (const change of history.changes) say(lineOf(change));
  const more = history.before === undefined ? '' : `; there are more: --before ${history.before}`;
  say(`${counted(history.changes.length, 'change')}${more}.`);
  return true;
}

function lineOf(change: StockChange): string {
  const { changedAt, kind, quantity, available, reserved, by, reason, reference } = change;
  const signed = quantity < 0 ? String(quantity) : `+${quantity}`;
  const found = change.counted === null ? '' : ` (${change.counted} on the shelf)`;
  const why = `${reason === null ? '' : `: ${reason}`}${reference === null ? '' : `, reference ${reference}`}`;
  return `${changedAt.toISOString()}  ${styleText('bold', kind)} ${signed}${found}, then ${available} available, ${reserved} reserved; by ${by}${why}`;
}

function refusalInWords(result: Exclude<StockChangeResult, { kind: 'changed' }>, sku: string): string {
  switch (result.kind) {
    case 'key-reused':
      return 'this key was used for another change. Use a new key.';
    case 'unknown-sku':
      return noProduct(sku);
    case 'refused':
      return refusedInWords(result, sku);
  }
}

function refusedInWords({ because, available, reserved, requested, orders }: RefusedChange, sku: string): string {
  const numbers = `${sku} has ${available} available and ${reserved} reserved, and ${requested} was asked for.`;
  if (because === 'too-large') return `${numbers} The sum would pass 2^53.`;
  if (because === 'not-there') return `${numbers} There are not so many.`;
  const { total, newest } = orders ?? { total: 0, newest: [] };
  const more = total > newest.length ? ', and others' : '';
  return [
    `${numbers} ${counted(total, 'open order')} could no longer be met:`,
    ...newest.map((orderId) => `    ${orderId}`),
    `To cancel them${more}, the newest first: --cancel-newest-orders`,
  ].join('\n');
}

const noProduct = (sku: string): string => `There is no product with the SKU ${sku}.`;
