import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { CommandError } from '../../src/cli/command-error.js';
import { developmentSecrets } from '../../src/cli/development-secrets.js';
import type { StackContext } from '../../src/stack/context.js';
import { findRunningStack, StackError, startStack } from '../../src/stack/index.js';
import { stopLeftovers } from '../../src/stack/leftovers.js';
import { openPortBook } from '../../src/stack/ports.js';
import { identify, isAlive, markerVariable, type ProcessId } from '../../src/stack/process-id.js';
import { ended, stopProcess } from '../../src/stack/processes.js';
import { startProcess } from '../../src/stack/server-process.js';
import { tryLock, withLock } from '../../tools/launch/lock.js';
import { until } from './own-stack.js';

/** A stack may signal only processes that it started; more than the process number identifies them. */

// A group of two processes that echo each line: the leader on its standard streams, the member, whose number the leader
// prints first, on two others.
const script = 'cat <&3 >&4 & echo $!; exec 3<&- 4>&-; while read line; do echo "$line"; done';

interface Group {
  readonly child: ChildProcess;
  readonly leader: ProcessId;
  readonly member: ProcessId;
  /** Whether both still run and got no signal: an answer is needed, since SIGKILL takes a moment. */
  readonly leaderAnswers: () => Promise<boolean>;
  readonly memberAnswers: () => Promise<boolean>;
}

const identified = (pid: number | undefined): ProcessId => {
  const id = identify(pid ?? 0);
  if (id === undefined) throw new Error(`process ${pid} does not run`);
  return id;
};

async function answers(input: Writable, output: Readable): Promise<boolean> {
  if (output.readableEnded || output.destroyed) return false;
  input.on('error', () => undefined);
  const answer = Promise.race([once(output, 'data').then(() => true), once(output, 'end').then(() => false)]);
  input.write('still there?\n');
  return await answer;
}

/** Leads its own process group, as a server does, and as any other program of this machine may. */
async function startGroup(t: ExecutionContext, env: NodeJS.ProcessEnv = {}): Promise<Group> {
  const child = spawn('sh', ['-c', script], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const [stdin, stdout, , memberIn, memberOut] = child.stdio as unknown as [
    Writable,
    Readable,
    null,
    Writable,
    Readable,
  ];
  const [printed] = (await once(stdout, 'data')) as [Buffer];
  const group = {
    child,
    leader: identified(child.pid),
    member: identified(Number(printed)),
    leaderAnswers: () => answers(stdin, stdout),
    memberAnswers: () => answers(memberIn, memberOut),
  };
  t.teardown(async () => {
    for (const { pid } of [group.leader, group.member].filter(isAlive)) process.kill(pid, 'SIGKILL');
    await ended(group.member, 60_000);
  });
  return group;
}

function dataFolder(t: ExecutionContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'order-bridge-processes-')));
  mkdirSync(join(folder, 'run'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const recordOf = (dataDir: string): string => join(dataDir, 'run', 'started.json');

/** The record that an earlier process with this number has left. */
const stale: Record<string, (id: ProcessId) => ProcessId> = {
  'another start': ({ pid, startTime }) => ({ pid, startTime: `${startTime}1` }),
  'another boot with the same beginning': ({ pid, startTime }) => ({
    pid,
    startTime: startTime.replace(/^(.{8}-).{27}/, '$10000-0000-0000-000000000000'),
  }),
  'another container of the same boot': ({ pid, startTime }) => ({
    pid,
    startTime: startTime.replace(readlinkSync('/proc/self/ns/pid'), 'pid:[1]'),
  }),
};

const stops: Record<string, (t: ExecutionContext, recorded: ProcessId) => Promise<void>> = {
  'the start after a crash': async (t, recorded) => {
    const dataDir = dataFolder(t);
    writeFileSync(
      recordOf(dataDir),
      JSON.stringify({ ...(!isAlive(recorded) && { reaper: recorded }), processes: [recorded] }),
    );
    await stopLeftovers(dataDir, 'nobody');
  },
  'the reaper': async (_t, recorded) => {
    const reaper = spawn(process.execPath, [join(import.meta.dirname, '../../src/stack/reaper.js')], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    reaper.stdin.write(`${JSON.stringify({ kind: 'marker', marker: 'nobody:none' })}\n`);
    reaper.stdin.end(`${JSON.stringify({ kind: 'watch', process: recorded })}\n`);
    const [code] = await once(reaper, 'exit');
    if (code !== 0) throw new Error(`the reaper ended with ${code}`);
  },
  'the stop': async (_t, recorded) => {
    await stopProcess(recorded, 0);
  },
};

const onLinux = process.platform === 'linux' ? test : test.skip;

for (const [stop, run] of Object.entries(stops)) {
  for (const [which, recordedAs] of Object.entries(stale)) {
    onLinux(`${stop} signals no program that has the number of a recorded process of ${which}`, async (t) => {
      const other = await startGroup(t);
      const recorded = recordedAs(other.leader);
      t.notDeepEqual(recorded, other.leader);

      await run(t, recorded);

      t.true(await other.leaderAnswers());
      t.true(await other.memberAnswers());
    });
  }

  onLinux(`${stop} signals no group that has the number of a process that has ended`, async (t) => {
    const other = await startGroup(t);
    const died = once(other.child, 'exit');
    other.child.kill('SIGKILL');
    await died;

    await run(t, other.leader);

    t.true(await other.memberAnswers());
  });

  test(`${stop} ends a recorded process that still runs, and its group`, async (t) => {
    const ours = await startGroup(t);
    await run(t, ours.leader);
    t.true(await ended(ours.leader, 60_000));
    t.true(await ended(ours.member, 60_000));
  });
}

onLinux('the start after a crash ends the leftovers of a dead server, which have the mark of its stack', async (t) => {
  const dataDir = dataFolder(t);
  const ours = await startGroup(t, { [markerVariable]: 'processes-test:1' });
  writeFileSync(recordOf(dataDir), JSON.stringify({ processes: [ours.leader] }));
  ours.child.kill('SIGKILL');
  await ended(ours.leader, 60_000);

  await stopLeftovers(dataDir, 'processes-test');

  t.false(isAlive(ours.member));
  t.false(existsSync(recordOf(dataDir)));
});

/** The parts of a stack that one process needs. */
const contextIn = (dataDir: string): StackContext =>
  ({
    dataDir,
    env: process.env,
    marker: 'processes-test:2',
    signal: new AbortController().signal,
    temporary: false,
    processes: [],
    reaper: { pid: undefined, send: () => undefined, dismiss: async () => undefined },
  }) as unknown as StackContext;

/** A process that has ended before its start was noted was never recorded. */
const recorded = (dataDir: string): ProcessId[] =>
  existsSync(recordOf(dataDir)) ? JSON.parse(readFileSync(recordOf(dataDir), 'utf8')).processes : [];

test('a process is recorded while it runs, and its record is removed after its stop', async (t) => {
  const dataDir = dataFolder(t);
  const server = await startProcess(contextIn(dataDir), {
    name: 'sleeper',
    file: 'sleep',
    args: ['3600'],
  });
  t.deepEqual(recorded(dataDir), [identified(server.pid)]);
  await server.stop();
  t.deepEqual(recorded(dataDir), []);
});

test('the record of a process that ends by itself is removed', async (t) => {
  const dataDir = dataFolder(t);
  const options = { name: 'short', file: 'sleep', args: ['600'] };
  const server = await startProcess(contextIn(dataDir), options);
  const [{ pid } = { pid: 0 }] = recorded(dataDir);
  t.true(pid > 0, 'recorded while it runs');
  process.kill(pid, 'SIGKILL');
  await until(() => server.ended() !== undefined, 60_000);
  t.deepEqual(recorded(dataDir), []);
});

// The content of a file after a power failure or on a full disk.
for (const damaged of ['', 'null', '{"pid":']) {
  const shown = JSON.stringify(damaged);

  test(`records that contain ${shown} are ignored`, async (t) => {
    const dataDir = dataFolder(t);
    for (const file of ['ports.json', 'run/started.json', 'owner.lock', 'stack.json', 'launch.lock']) {
      writeFileSync(join(dataDir, file), damaged);
    }
    t.is((await openPortBook(dataDir).take(['mysql'])).length, 1);
    await stopLeftovers(dataDir, 'damaged-records');
    t.is(await findRunningStack(dataDir), undefined);
    const lock = tryLock(join(dataDir, 'owner.lock'));
    t.is(tryLock(join(dataDir, 'owner.lock')).owner?.pid, process.pid);
    lock.release?.();

    const onWait = () => t.fail();
    t.is(await withLock(join(dataDir, 'launch.lock'), { onWait }, async () => 'worked'), 'worked');
    t.deepEqual(readdirSync(dataDir).toSorted(), ['ports.json', 'run', 'stack.json']);
  });

  test(`secrets that contain ${shown} stop the start, and the message names the file and what to delete`, async (t) => {
    const dataDir = dataFolder(t);
    const [servers, development] = [join(dataDir, 'secrets.json'), join(dataDir, 'development-secrets.json')];
    for (const file of [servers, development]) writeFileSync(file, damaged);
    const start = startStack({ dataDir, env: {}, say: t.log });
    const { message } = await t.throwsAsync(start, { instanceOf: StackError });
    t.true(message.startsWith(`${servers} is damaged. `), message);
    t.true(message.includes(`rm -r '${servers}' '${join(dataDir, 'rabbitmq')}'`), message);
    t.throws(() => developmentSecrets(dataDir), {
      instanceOf: CommandError,
      message: `${development} is damaged. Delete it: new secrets are made then.`,
    });
    t.is(readFileSync(servers, 'utf8'), damaged);
    t.deepEqual(readdirSync(join(dataDir, 'run')), [], 'no watchdog was started');
    t.false(existsSync(join(dataDir, 'owner.lock')), 'the next start is free to go on');
  });
}
