import type { Pool } from '../db/driver/pool.js';
import { findOrder } from '../db/orders/orders.js';
import { inParallel } from '../domain/in-parallel.js';
import type { BulkChange, BulkOptions } from './bulk-change.js';
import { note, type Outcome, type Tally } from './bulk-tally.js';

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
): Promise<Outcome | { readonly kind: 'open' }> {
  const order = (await findOrder(pool, orderId))?.view;
  if (order === undefined) return { kind: 'refused', why: 'there is no such order' };
  if (order.status === 'placed') return { kind: 'open' };
  if (order.status === 'paid') return { kind: 'refused', why: 'it is paid' };
  return { kind: canceledIs, why: `it is canceled already: ${order.cancelReason}` };
}

export async function previewIds(
  pool: Pool,
  ids: readonly string[],
  { done, canceledIs }: BulkChange,
  { json, say }: BulkOptions,
) {
  const states = await inParallel(ids, 2, async (orderId) => ({
    orderId,
    ...(await stateOf(pool, orderId, canceledIs)),
  }));
  const open = states.filter(({ kind }) => kind === 'open').map(({ orderId }) => orderId);
  if (json) say(JSON.stringify({ dryRun: true, count: open.length, orders: open }));
  for (const state of json ? [] : states) {
    say(`order ${state.orderId}: ${'why' in state ? `${state.kind}, ${state.why}` : `would be ${done}`}`);
  }
  return states.every(({ kind }) => kind !== 'refused');
}
