import { fileURLToPath } from 'node:url';
import { createPool } from '../../../src/db/driver/pool.js';
import { runBaselineWorker } from '../worker.js';
import { createTextbookActivities } from './activities.js';

const pool = createPool({ url: process.env['TEST_MYSQL_URL'] ?? '', size: 10, timeLimitMs: 120_000 });
await runBaselineWorker({
  workflowsPath: fileURLToPath(new URL('./workflow.js', import.meta.url)),
  activities: createTextbookActivities(pool),
});
await pool.end();
