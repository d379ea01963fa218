import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, readlinkSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

// src/stack has the same in TypeScript; this one must run before anything is built.
const takeoverBoundMs = 10_000;

function startTimeOf(pid) {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      // A number repeats after a reboot, and in a second container of the same boot.
      const machine = `${boot}:${readlinkSync('/proc/self/ns/pid')}`;
      return fields[0] === 'Z' ? undefined : `${machine}:${fields[19]}`;
    } catch {
      // The process is gone.
      return undefined;
    }
  }
  if (process.platform === 'win32') {
    try {
      process.kill(pid, 0);
      return 'running';
    } catch (error) {
      return error.code === 'EPERM' ? 'running' : undefined;
    }
  }
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() || undefined;
}

/** In the place of an owner who cannot be read: a lock appears with its content, so its owner has ended with the machine. */
const lost = { pid: 0, startTime: '', nonce: 'damaged' };

function readOwner(path) {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8'));
    return typeof owner?.nonce === 'string' ? owner : lost;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return lost;
    throw error;
  }
}

/** Removes a dead owner's lock; only the holder of the stale lock's own name may, so that no live one is removed. */
function clearStale(path, stale) {
  const takeover = `${path}.${stale.nonce}`;
  try {
    mkdirSync(takeover);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const since = statSync(takeover, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > takeoverBoundMs) rmSync(takeover, { recursive: true, force: true });
    return;
  }
  if (readOwner(path)?.nonce === stale.nonce) rmSync(path, { force: true });
  rmdirSync(takeover);
}

function tryLock(path) {
  const mine = { pid: process.pid, startTime: startTimeOf(process.pid), nonce: randomUUID() };
  const draft = `${path}.draft-${mine.nonce}`;
  writeFileSync(draft, JSON.stringify(mine), { flush: true });
  try {
    // A link appears with its content or not at all, so that nobody reads a lock without an owner.
    linkSync(draft, path);
    return { release: () => readOwner(path)?.nonce === mine.nonce && rmSync(path, { force: true }) };
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const owner = readOwner(path);
  if (owner !== undefined && startTimeOf(owner.pid) !== owner.startTime) clearStale(path, owner);
  return { owner };
}

/** Runs `work` while no other launcher works in this clone; waits for one that does. */
export async function withLock(path, { onWait, signal }, work) {
  let told = false;
  for (;;) {
    const { release, owner } = tryLock(path);
    if (release) {
      try {
        return await work();
      } finally {
        release();
      }
    }
    if (owner && startTimeOf(owner.pid) === owner.startTime) {
      if (!told) onWait(owner.pid);
      told = true;
      await sleep(200, undefined, { signal });
    }
  }
}
