import { loadConfig } from '../config/config.js';
import { moveDeadline } from '../db/deadlines/moves.js';
import { type BulkRun, beginRun } from '../db/deadlines/runs.js';
import type { Pool } from '../db/driver/pool.js';
import type { MoveResult } from '../domain/deadline.js';
import type { BulkChange, BulkOptions, Foreseen } from './bulk-change.js';
import type { Outcome } from './bulk-tally.js';
import { foreseenMove, type WhereTo } from './foreseen-move.js';
import { changeInBulk } from './orders-in-bulk.js';

type Selected = Parameters<typeof changeInBulk>[1];

/** @returns whether each order has its new deadline */
export async function extendCommand(
  pool: Pool,
  selected: Selected,
  where: WhereTo,
  { env, ...options }: BulkOptions & { readonly env: NodeJS.ProcessEnv },
): Promise<boolean> {
  const mostMs = loadConfig(env, ['MAX_PAYMENT_WINDOW']).MAX_PAYMENT_WINDOW;
  const { change, end } = createExtend(pool, { selected, where, mostMs, toStderr: options.toStderr });
  const done = await changeInBulk(pool, selected, change, options);
  // A refused order may be tried again: the same command then extends no other order a second time.
  if (done) await end();
  return done;
}

/**
 * Moves deadlines as the operators' route does, each by the guarded UPDATE. A second move to the same moment changes
 * nothing. A move by a time belongs to a run, and moves each order once in the run: after an interruption the same
 * command goes on with its run. The sweep of the bridge reports the moves to the workflows, so the command needs no
 * Temporal.
 */
export function createExtend(
  pool: Pool,
  deps: {
    readonly selected: Selected;
    readonly where: WhereTo;
    readonly mostMs: number;
    readonly toStderr: (line: string) => void;
  },
): { readonly change: BulkChange; readonly end: () => Promise<void> } {
  const { selected, where, mostMs, toStderr } = deps;
  let begun: Promise<BulkRun> | undefined;

  async function begin(laterByMs: number): Promise<BulkRun> {
    const orders = 'ids' in selected ? { ids: selected.ids.toSorted() } : selected.filters;
    const run = await beginRun(pool, JSON.stringify(['extend', laterByMs, orders]));
    if (run.interruptedSince !== undefined) {
      toStderr(`Going on with this command from ${run.interruptedSince.toISOString()}, which was interrupted.`);
    }
    return run;
  }

  const asked = async () => {
    if ('to' in where) return where;
    // At the first order: a selection that is not confirmed begins no run.
    begun ??= begin(where.laterByMs);
    return { ...where, run: (await begun).runId };
  };

  return {
    change: {
      verb: 'extend',
      done: 'extended',
      canceledIs: 'refused',
      change: async (orderId) =>
        outcomeOf(await moveDeadline(pool, orderId, { ...(await asked()), by: 'command' }, mostMs)),
      foresee: (order) => foreseen(order.expiresAt, foreseenMove(order, where, { mostMs, now: Date.now() })),
    },
    end: async () => await (await begun)?.end(),
  };
}

function foreseen(before: Date, result: MoveResult): Foreseen {
  if (result.kind === 'moved') {
    return { kind: 'done', why: `its deadline ${before.toISOString()} becomes ${result.expiresAt.toISOString()}` };
  }
  const outcome = outcomeOf(result);
  return { kind: outcome.kind === 'refused' ? 'refused' : 'done', why: 'why' in outcome ? outcome.why : '' };
}

function outcomeOf(result: MoveResult): Outcome {
  switch (result.kind) {
    case 'moved':
      return { kind: 'done' };
    case 'unchanged':
      return { kind: 'skipped', why: 'it has this deadline already' };
    case 'repeated':
      return { kind: 'skipped', why: `this command has extended it already, to ${result.expiresAt.toISOString()}` };
    case 'ended':
      return { kind: 'refused', why: `it is ${result.status}` };
    case 'overdue':
      return { kind: 'refused', why: `its deadline has passed: ${result.expiresAt.toISOString()}` };
    case 'too-early':
      return { kind: 'refused', why: 'the new deadline is past' };
    case 'too-late':
      return {
        kind: 'refused',
        why: `its deadline can be ${result.latest.toISOString()} at the latest: MAX_PAYMENT_WINDOW after its checkout`,
      };
  }
}
