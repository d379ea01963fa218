import { fileURLToPath } from 'node:url';
import { runBaselineWorker } from '../worker.js';

await runBaselineWorker({ workflowsPath: fileURLToPath(new URL('./workflow.js', import.meta.url)) });
