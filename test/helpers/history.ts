import type { Client } from '@temporalio/client';
import { until } from '../../src/cli/story/until.js';

/**
 * The duration of a workflow's first timer, and the time at which the timer ends. Temporal counts from the timer's own
 * event, which comes after the task that sets the timer: the timer ends no earlier than the workflow wanted.
 */
export async function firstTimer(client: Client, workflowId: string): Promise<{ endsAt: number; lastsMs: number }> {
  const events = await until(
    `a timer of ${workflowId}`,
    async () => (await client.workflow.getHandle(workflowId).fetchHistory()).events ?? [],
    (found) => found.some(({ timerStartedEventAttributes }) => timerStartedEventAttributes),
  );
  const started = events.find((event) => event.timerStartedEventAttributes);
  const lastsMs = toMs(started?.timerStartedEventAttributes?.startToFireTimeout);
  return { endsAt: toMs(started?.eventTime) + lastsMs, lastsMs };
}

const toMs = (time: { seconds?: { toString(): string } | null; nanos?: number | null } | null | undefined): number =>
  Number(time?.seconds?.toString() ?? 0) * 1_000 + Number(time?.nanos ?? 0) / 1e6;
