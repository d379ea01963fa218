import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { freePort } from '../helpers/free-port.js';
import { dataFolder, processesOf, until } from '../stack/own-stack.js';
import { mainFile, ordersEnv } from './orders.js';

/** Ctrl-C during `npm start`: a terminal sends SIGINT to the whole process group. */

const root = resolve(import.meta.dirname, '..', '..', '..');

interface Started {
  readonly dataDir: string;
  /** The lines it has printed so far. */
  readonly lines: readonly string[];
  readonly interrupt: () => void;
  readonly ended: Promise<number | null>;
  readonly groupIsThere: () => boolean;
}

async function npmStart(t: ExecutionContext): Promise<Started> {
  const dataDir = dataFolder(t);
  const { PATH, HOME, TMPDIR, ORDERS_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  const env = { PATH, HOME, TMPDIR, ORDERS_CACHE_DIR, XDG_CACHE_HOME };
  const child = spawn(process.execPath, [join(root, 'tools', 'launch.mjs'), 'start'], {
    cwd: root,
    env: { ...env, ORDERS_DATA_DIR: dataDir, ORDERS_NO_INSTALL: '1', PORT: String(await freePort()) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const group = -(child.pid as number);
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      t.log(line);
    });
  }
  const groupIsThere = (): boolean => {
    try {
      return process.kill(group, 0);
    } catch {
      return false;
    }
  };
  t.teardown(() => {
    // The system does not reuse the group's number before the leader's exit is read.
    if (child.exitCode === null && child.signalCode === null) process.kill(group, 'SIGKILL');
  });
  return { dataDir, lines, interrupt: () => void process.kill(group, 'SIGINT'), ended, groupIsThere };
}

/** Everything that was started with this data folder in its environment: the launcher, the command, the processes. */
function startedWith(dataDir: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter((entry) => {
    try {
      return (
        /^\d+$/.test(entry) && readFileSync(`/proc/${entry}/environ`, 'utf8').includes(`ORDERS_DATA_DIR=${dataDir}`)
      );
    } catch {
      return false;
    }
  });
}

const moments = {
  'while its servers start': ({ dataDir }: Started) => processesOf(dataDir).length > 0,
  'while it serves': ({ lines }: Started) => lines.some((line) => line.includes('Ctrl-C stops all of it')),
};

for (const [moment, isThere] of Object.entries(moments)) {
  test.serial(`npm start that is interrupted ${moment} exits 0 and leaves no process running`, async (t) => {
    const started = await npmStart(t);
    await until(() => isThere(started));
    started.interrupt();
    t.is(await started.ended, 0);
    t.false(started.groupIsThere());
    t.deepEqual(processesOf(started.dataDir), [], 'servers');
    t.deepEqual(startedWith(started.dataDir), [], 'processes');
  });
}

test.serial(
  'a command that is interrupted while its servers start exits 130, prints no stack and leaves no process running',
  async (t) => {
    const ORDERS_DATA_DIR = dataFolder(t);
    const { HOME } = process.env;
    const child = spawn(process.execPath, [mainFile, 'topology'], {
      env: ordersEnv({ HOME, ORDERS_DATA_DIR, ORDERS_NO_INSTALL: '1' }),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    t.teardown(() => void child.kill('SIGKILL'));
    const errors = text(child.stderr);
    await until(() => processesOf(ORDERS_DATA_DIR).length > 0);
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    t.is(code, 130);
    t.regex(await errors, /^Stopped by SIGINT\.$/m);
    t.notRegex(await errors, /^ +at /m);
    t.deepEqual(processesOf(ORDERS_DATA_DIR), []);
  },
);
