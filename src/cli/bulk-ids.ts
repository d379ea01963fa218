import type { Pool } from '../db/driver/pool.js';
import { findOrder } from '../db/orders/orders.js';
import { inParallel } from '../domain/in-parallel.js';
import type { OrderView } from '../domain/order.js';
import type { BulkChange, BulkOptions } from './bulk-change.js';
import { note, type Tally } from './bulk-tally.js';

/** The open orders among the ids. Notes the others. */
export async function* openAmong(
  pool: Pool,
  ids: readonly string[],
  {
    tally,
    canceledIs,
    options: { say, json },
  }: { tally: Tally; options: BulkOptions } & Pick<BulkChange, 'canceledIs'>,
) {
  const open: string[] = [];
  for (const orderId of ids) {
    const state = await stateOf(pool, orderId, canceledIs);
    if (state.kind === 'open') open.push(orderId);
    else note(tally, orderId, state, json ? () => undefined : say);
  }
  yield open;
}

async function stateOf(
  pool: Pool,
  orderId: string,
  canceledIs: BulkChange['canceledIs'],
): Promise<
  { readonly kind: 'skipped' | 'refused'; readonly why: string } | { readonly kind: 'open'; readonly order: OrderView }
> {
  const order = (await findOrder(pool, orderId))?.view;
  if (order === undefined) return { kind: 'refused', why: 'there is no such order' };
  if (order.status === 'placed') return { kind: 'open', order };
  if (order.status === 'paid') return { kind: 'refused', why: 'it is paid' };
  return { kind: canceledIs, why: `it is canceled already: ${order.cancelReason}` };
}

/** @returns whether no order would be refused */
export async function previewIds(
  pool: Pool,
  ids: readonly string[],
  { done, canceledIs, foresee }: BulkChange,
  { json, say }: BulkOptions,
): Promise<boolean> {
  const states = await inParallel(ids, 2, async (orderId) => {
    const state = await stateOf(pool, orderId, canceledIs);
    return { orderId, ...(state.kind === 'open' ? (foresee?.(state.order) ?? { kind: 'done', why: '' }) : state) };
  });
  const named = (kind: string) => states.filter((state) => state.kind === kind);
  const orders = named('done').map(({ orderId }) => orderId);
  const refused = named('refused').map(({ orderId, why }) => ({ orderId, why }));
  if (json) say(JSON.stringify({ dryRun: true, count: orders.length, orders, refused }));
  for (const { orderId, kind, why } of json ? [] : states) {
    say(`order ${orderId}: ${kind === 'done' ? `would be ${done}` : kind}${why === '' ? '' : `, ${why}`}`);
  }
  return refused.length === 0;
}
