import { type ReplayWorkerOptions, Worker } from '@temporalio/worker';
import test from 'ava';
import { workflowBundle } from '../../src/temporal/workflow-bundle.js';
import { changedWorkflows, withOneMoreRecord, withOneMoreRecordPatched } from './changed-workflows.js';
import { livesIn, readHistory, recordings } from './histories.js';
import { dropSdkLogs } from './life.js';
import { recordedLives } from './recorded-lives.js';

/** The workflows of today continue what earlier workflows began: each recorded history is replayed. */

dropSdkLogs();

const recorded = recordings().flatMap((recording) => livesIn(recording).map((life) => ({ recording, life })));

async function replay(
  workflows: NonNullable<ReplayWorkerOptions['workflowBundle']>,
  histories = recorded,
): Promise<ReadonlyMap<string, Error | undefined>> {
  const replayed = new Map<string, Error | undefined>();
  const named = histories.map(({ recording, life }) => ({
    workflowId: `${recording}/${life}`,
    history: readHistory(recording, life),
  }));
  for await (const result of Worker.runReplayHistories({ workflowBundle: workflows }, named)) {
    replayed.set(result.workflowId, result.error);
  }
  return replayed;
}

let today: Awaited<ReturnType<typeof replay>>;
test.before(async () => {
  today = await replay(workflowBundle);
});

for (const { recording, life } of recorded) {
  test(`the workflows of today continue a recorded life: ${life} of ${recording}`, (t) => {
    t.true(today.has(`${recording}/${life}`));
    t.is(today.get(`${recording}/${life}`), undefined);
  });
}

test('each kind of life is recorded', (t) => {
  const lives = new Set(recorded.map(({ life }) => life));
  for (const { name } of recordedLives) t.true(lives.has(name), `${name} is not recorded: npm run histories`);
});

const open = recorded.filter(({ life }) => life === 'open-waits-for-payment');

test('a change of the workflow without a patch does not replay', async (t) => {
  for (const error of (await replay({ code: changedWorkflows(withOneMoreRecord) }, open)).values()) {
    t.is(error?.name, 'DeterminismViolationError');
  }
});

test('a change of the workflow with a patch replays', async (t) => {
  for (const error of (await replay({ code: changedWorkflows(withOneMoreRecordPatched) }, open)).values()) {
    t.is(error, undefined);
  }
});
