import type { Pool } from '../db/driver/pool.js';
import { rehearseRefund, requestRefund } from '../db/refunds/request-refund.js';
import { DomainError } from '../domain/errors.js';
import type { AskedRefund, OrderRefund, RefundResult } from '../domain/order-refund.js';
import { refundInWords } from './refund-words.js';

interface Output {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly say: (line: string) => void;
}

/** @returns false when the refund was refused; the reason is printed */
export async function refundCommand(pool: Pool, asked: AskedRefund, { json, dryRun, say }: Output): Promise<boolean> {
  const result = await refundOrUnknown(pool, asked, dryRun);
  const isDone = result.kind === 'refund';
  if (json) say(JSON.stringify({ idempotencyKey: asked.idempotencyKey, dryRun, ...result }, null, 2));
  else if (isDone) sayRefund(result.refund, { dryRun, replayed: result.replayed, say });
  else say(`not refunded: ${refusalInWords(result, asked.orderId)}`);
  return isDone;
}

type Result = RefundResult | { readonly kind: 'order-unknown' };

async function refundOrUnknown(pool: Pool, asked: AskedRefund, dryRun: boolean): Promise<Result> {
  try {
    return await (dryRun ? rehearseRefund : requestRefund)(pool, asked);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'order-unknown') return { kind: 'order-unknown' };
    throw error;
  }
}

function sayRefund(
  refund: OrderRefund,
  { dryRun, replayed, say }: Pick<Output, 'dryRun' | 'say'> & { readonly replayed: boolean },
): void {
  if (replayed) say('This key was used before: nothing changed now.');
  if (dryRun) say('A dry run: nothing was changed.');
  say(refundInWords(refund));
  if (refund.state === 'required' && !dryRun) say('A running bridge and worker send the money back.');
}

function refusalInWords(result: Exclude<Result, { kind: 'refund' }>, orderId: string): string {
  switch (result.kind) {
    case 'order-unknown':
      return `there is no order ${orderId}. To look for one: orders list --customer ID`;
    case 'key-reused':
      return 'this key was used for another refund. Use a new key.';
    case 'not-paid':
      return `order ${orderId} is ${result.status}, and only a paid order can be refunded.`;
    case 'not-captured':
      return `the money of order ${orderId} is authorised, and its capture is owed. Ask again once it is captured: orders payments list --owed`;
    case 'unknown-sku':
      return `order ${orderId} has no ${result.skus.join(', ')}.`;
    case 'too-many-units':
      return result.lines
        .map(({ sku, requested, left }) => `${requested} of ${sku} were asked for, and ${left} are left.`)
        .join(' ');
    case 'too-much':
      return `${result.requested} was asked for, and ${result.left} are left of the ${result.paid} that were paid (minor units). --amount replaces the price of the lines.`;
    case 'nothing-left':
      return 'no money is left to go back for this, and no units go back to the shelf.';
    case 'stock-too-large':
      return `the stock of ${result.sku} would pass 2^53.`;
  }
}
