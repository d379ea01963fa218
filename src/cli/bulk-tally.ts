import { counted } from './counted.js';

/** `skipped`: nothing is left to do. `refused`: the order is not as the operator wants it. */
export type Outcome = { readonly kind: 'done' } | { readonly kind: 'skipped' | 'refused'; readonly why: string };

/** What became of the orders of a selection. */
export interface Tally {
  done: number;
  skipped: number;
  readonly refused: { readonly orderId: string; readonly why: string }[];
}

export function note(tally: Tally, orderId: string, outcome: Outcome, say: (line: string) => void): void {
  if (outcome.kind === 'done') tally.done++;
  else {
    if (outcome.kind === 'skipped') tally.skipped++;
    else tally.refused.push({ orderId, why: outcome.why });
    say(`order ${orderId}: ${outcome.kind}, ${outcome.why}`);
  }
}

/** Prints the totals. @returns whether no order was refused */
export function summary(
  { done }: { readonly done: string },
  tally: Tally,
  { json, say }: { readonly json: boolean; readonly say: (line: string) => void },
): boolean {
  const { refused, skipped } = tally;
  if (json) say(JSON.stringify({ [done]: tally.done, skipped, refused }));
  else {
    const others = [skipped > 0 && `${skipped} skipped`, refused.length > 0 && `${refused.length} refused`];
    say(`${[`${counted(tally.done, 'order')} ${done}`, ...others.filter((part) => part !== false)].join(', ')}.`);
  }
  return refused.length === 0;
}
