import { patched } from '@temporalio/workflow';
import type { DeadlineMoved, OrderStanding } from './contract.js';
import { isText } from './reported-standing.js';

/**
 * Remembers that the deadline was moved. The signal's moment is not used: every client of Temporal can send a signal, so
 * the workflow asks the database. Many signals at once are one question.
 *
 * @param isDue whether the run before has heard of a move, and has not asked
 */
export function createMovedDeadline(isDue = false) {
  let isAskedFor = isDue;
  let follows: boolean | undefined;

  return {
    isDue: () => isAskedFor,
    /** @param order as the workflow knows the order; null before it is recorded */
    heard(order: OrderStanding | null, signal: Partial<DeadlineMoved> | undefined): void {
      if (!isText(signal?.expiresAt, /^[ -~]{1,40}$/)) return;
      if (order !== null && Date.parse(signal.expiresAt) === Date.parse(order.expiresAt)) return;
      // A run that met its first move under an earlier version has dropped that signal, and drops the others too.
      follows ??= patched('moved-deadline');
      isAskedFor ||= follows;
    },
    /** Whether to ask the database now. */
    take(): boolean {
      const wasDue = isAskedFor;
      isAskedFor = false;
      return wasDue;
    },
  };
}
