import { TestWorkflowEnvironment } from '@temporalio/testing';

/** Run as a process with the folder as its argument: the SDK downloads its server there and tries it once. */
const [downloadDir] = process.argv.slice(2);
if (downloadDir === undefined) throw new Error('the folder to download to is missing');
const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', downloadDir, ttl: '365 days' } },
});
await environment.teardown();
