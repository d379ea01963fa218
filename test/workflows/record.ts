import { workflowBuildId } from '../../src/temporal/workflow-bundle.js';
import { say, withServers } from '../with-servers.js';
import { type Recorded, writeRecording } from './histories.js';
import { dropSdkLogs, withLife } from './life.js';
import { recordedLives } from './recorded-lives.js';

/** `npm run histories` runs each kind of life with the workflows of today, and records the histories. */
async function play(): Promise<ReadonlyMap<string, Recorded>> {
  const histories = new Map<string, Recorded>();
  for (const { name, answers = {}, play: playLife } of recordedLives) {
    say(`  ${name}`);
    await withLife(answers, async (life) => {
      const workflow = await playLife(life);
      histories.set(name, await workflow.fetchHistory());
      const { status } = await workflow.describe();
      if (status.name === 'RUNNING') await workflow.terminate('recorded');
    });
  }
  return histories;
}

dropSdkLogs();
await withServers(async ({ env }) => {
  Object.assign(process.env, env);
  const recording = `${new Date().toISOString().slice(0, 10)}-${workflowBuildId()}`;
  writeRecording(recording, await play());
  say(`Recorded in test/workflows/histories/${recording}`);
});
