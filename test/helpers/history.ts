import type { Client } from '@temporalio/client';
import { until } from '../../src/cli/story/until.js';

/**
 * The duration and the start of a workflow's first timer, from its history. The start is in the workflow's own time,
 * which is the start of the task that sets the timer: the timer's own event comes after this task.
 */
export async function firstTimer(client: Client, workflowId: string): Promise<{ startedAt: number; lastsMs: number }> {
  const events = await until(
    `a timer of ${workflowId}`,
    async () => (await client.workflow.getHandle(workflowId).fetchHistory()).events ?? [],
    (found) => found.some(({ timerStartedEventAttributes }) => timerStartedEventAttributes),
  );
  const byId = (id: unknown) => events.find(({ eventId }) => String(eventId) === String(id));
  const timer = events.find((event) => event.timerStartedEventAttributes)?.timerStartedEventAttributes;
  const answered = byId(timer?.workflowTaskCompletedEventId)?.workflowTaskCompletedEventAttributes;
  return { startedAt: toMs(byId(answered?.startedEventId)?.eventTime), lastsMs: toMs(timer?.startToFireTimeout) };
}

const toMs = (time: { seconds?: { toString(): string } | null; nanos?: number | null } | null | undefined): number =>
  Number(time?.seconds?.toString() ?? 0) * 1_000 + Number(time?.nanos ?? 0) / 1e6;
