import { condition, log, patched } from '@temporalio/workflow';
import { remindOfDeadline } from './activities.js';
import type { OrderStanding } from './contract.js';

/**
 * The reminder of one deadline. `at` is its moment (epoch milliseconds), or null when it is over: made, or past when the
 * deadline was learned. Histories of open runs hold these names, so the names stay.
 */
export interface ReminderSoFar {
  readonly expiresAt: string;
  readonly at: number | null;
}

interface Reminder {
  readonly expiresAt: string;
  at: number | null;
  isUnderWay: boolean;
}

/** Reminds of each deadline once. A deadline that was moved has a reminder of its own. */
export function createReminder(orderId: string, soFar?: ReminderSoFar) {
  let reminder: Reminder | undefined = soFar && { ...soFar, isUnderWay: false };
  let reminds: boolean | undefined;

  return {
    /** Returns after the reminder, at once where none is to come, and when something else is to do. */
    async untilMade(
      { expiresAt, remindBeforeMs, reminds: isAsked }: OrderStanding,
      isAwake: () => boolean,
    ): Promise<void> {
      if (remindBeforeMs === undefined) return;
      if (reminder?.expiresAt !== expiresAt) reminder = reminderOf(expiresAt, remindBeforeMs);
      const next = reminder;
      if (next.at === null || next.isUnderWay || isAwake()) return;
      // A run that met its first reminder under an earlier version makes no reminder until its end.
      reminds ??= isAsked ?? patched('reminder');
      if (!reminds) return;
      const wait = next.at - Date.now();
      const summary = `remind of the deadline ${expiresAt}, and hold the stock`;
      if (wait > 0 && (await condition(isAwake, wait, { summary }))) return;
      void make(next);
    },
    soFar: (): ReminderSoFar | undefined => reminder && { expiresAt: reminder.expiresAt, at: reminder.at },
  };

  /** Runs beside the order's life: a database that is slow delays neither the next payment nor the deadline. */
  async function make(made: Reminder): Promise<void> {
    made.isUnderWay = true;
    const summary = `remind of the deadline ${made.expiresAt}`;
    try {
      await remindOfDeadline.executeWithOptions({ summary }, [orderId, made.expiresAt]);
    } catch (error) {
      // An outage is retried without an end. What cannot be retried changes nothing of the deadline.
      log.warn('the customer was not reminded of the deadline', { expiresAt: made.expiresAt, error });
    }
    made.at = null;
  }
}

function reminderOf(expiresAt: string, beforeMs: number): Reminder {
  const at = Date.parse(expiresAt) - beforeMs;
  return { expiresAt, at: at > Date.now() ? at : null, isUnderWay: false };
}
