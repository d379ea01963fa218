import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Bundles the compiled workflows of one build folder, so that a worker starts without webpack. */
const folder = resolve(process.argv[2] ?? 'dist');
const { code } = await bundleWorkflowCode({
  workflowsPath: join(folder, 'workflows', 'index.js'),
  logger: new DefaultLogger('WARN'),
});
await writeFile(join(folder, 'workflow-bundle.js'), code);
