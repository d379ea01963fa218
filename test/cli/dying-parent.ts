import { join } from 'node:path';
import { startChild } from '../../src/cli/child.js';
import { webhookSecret } from '../helpers/system.js';

/** Starts a process, prints its pid, and dies as after `kill -9`. */
const child = await startChild('provider-simulator', {
  env: {
    ...process.env,
    PORT: '0',
    SIMULATOR_WEBHOOK_SECRET: webhookSecret,
    SIMULATOR_WEBHOOK_URL: 'http://127.0.0.1:9/',
  },
  logFile: join(process.argv[2] ?? '', 'provider.log'),
});
process.stdout.write(`${child.pid}\n`, () => process.kill(process.pid, 'SIGKILL'));
