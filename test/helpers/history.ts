import type { Client } from '@temporalio/client';
import { until } from '../../src/cli/story/until.js';

/** The first timer of a workflow, from its history: when it was started, and for how long. */
export async function firstTimer(client: Client, workflowId: string): Promise<{ startedAt: number; lastsMs: number }> {
  const event = await until(
    `a timer of ${workflowId}`,
    async () => {
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      return events?.find(({ timerStartedEventAttributes }) => timerStartedEventAttributes);
    },
    (found) => found !== undefined,
  );
  const lasts = event?.timerStartedEventAttributes?.startToFireTimeout;
  return { startedAt: toMs(event?.eventTime), lastsMs: toMs(lasts) };
}

const toMs = (time: { seconds?: { toString(): string } | null; nanos?: number | null } | null | undefined): number =>
  Number(time?.seconds?.toString() ?? 0) * 1_000 + Number(time?.nanos ?? 0) / 1e6;
