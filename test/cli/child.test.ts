import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { startChild } from '../../src/cli/child.js';
import { until } from '../../src/cli/story/until.js';

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('a process stops in its own order when its parent is killed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'orders-child-'));
  const parent = join(import.meta.dirname, 'dying-parent.js');
  const pid = await new Promise<number>((resolve) => {
    execFile(process.execPath, [parent, folder], (_killed, stdout) => resolve(Number(stdout)));
  });
  t.true(pid > 0);
  await until(
    'the process to be gone',
    async () => isAlive(pid),
    (alive) => !alive,
  );
  t.regex(readFileSync(join(folder, 'provider.log'), 'utf8'), /the parent process is gone.*stopped/s);
});

test('a process that ends before it serves is reported with its last lines and its log file', async (t) => {
  const logFile = join(mkdtempSync(join(tmpdir(), 'orders-child-')), 'api.log');
  const error = await t.throwsAsync(startChild('api', { env: { PATH: process.env['PATH'] }, logFile }));
  t.regex(error?.message ?? '', /MYSQL_URL is missing/);
  t.true(error?.message.includes(logFile));
});

test('an interrupted start ends the process that was starting', async (t) => {
  const logFile = join(mkdtempSync(join(tmpdir(), 'orders-child-')), 'provider.log');
  const interrupted = new AbortController();
  const starting = startChild('worker', {
    env: {
      PATH: process.env['PATH'],
      MYSQL_URL: 'mysql://nobody:x@127.0.0.1:9/x',
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      PAYMENT_PROVIDER_URL: 'http://127.0.0.1:9',
    },
    logFile,
    signal: interrupted.signal,
  });
  interrupted.abort();
  await t.throwsAsync(starting, { message: /ended/ });
});
