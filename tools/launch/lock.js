import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTimeOf } from './process-start.js';

// Plain JavaScript, since the launcher needs it before anything is compiled. src/stack imports it too.

/** @typedef {{ readonly pid: number, readonly startTime: string, readonly nonce: string }} Owner */

// A takeover is a few file operations. An older mark was left by a process that died during its takeover.
const takeoverBoundMs = 10_000;

/** The owner of a damaged lock. A lock appears with its content, so only a crash of the machine damages it. */
const lost = { pid: 0, startTime: '', nonce: 'damaged' };

/** @returns {Owner | undefined} */
function readOwner(path) {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8'));
    const { pid, startTime, nonce } = owner ?? {};
    const whole = Number.isInteger(pid) && typeof startTime === 'string' && typeof nonce === 'string';
    return whole ? owner : lost;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return lost;
    throw error;
  }
}

/** Removes a dead owner's lock. Only the process that made `<nonce>` may: two could remove each other's new locks. */
function clearStale(path, stale) {
  const takeover = `${path}.${stale.nonce}`;
  try {
    mkdirSync(takeover);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const age = Date.now() - (statSync(takeover, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > takeoverBoundMs) rmSync(takeover, { recursive: true, force: true });
    return;
  }
  if (readOwner(path)?.nonce === stale.nonce) rmSync(path, { force: true });
  rmdirSync(takeover);
}

/**
 * Takes a lock file for this process, also from an owner that has died.
 *
 * @param {string} path
 * @returns {{ release: () => void, owner?: undefined } | { release?: undefined, owner: Owner }} the lock, or the live
 *   process that holds it
 */
export function tryLock(path) {
  const startTime = startTimeOf(process.pid);
  if (startTime === undefined) throw new Error('this process cannot read its own start time');
  const mine = { pid: process.pid, startTime, nonce: randomUUID() };
  const draft = `${path}.draft-${mine.nonce}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600, flush: true });
  try {
    for (;;) {
      try {
        // A link appears with its content or not at all, so that no process reads a lock without an owner.
        linkSync(draft, path);
        return { release: () => readOwner(path)?.nonce === mine.nonce && rmSync(path, { force: true }) };
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const owner = readOwner(path);
      if (owner === undefined) continue;
      if (startTimeOf(owner.pid) === owner.startTime) return { owner };
      clearStale(path, owner);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Runs `work` while no other process holds the lock; waits for a process that does.
 *
 * @template T
 * @param {string} path
 * @param {{ onWait: (pid: number) => void, signal?: AbortSignal }} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, { onWait, signal }, work) {
  let reported = false;
  for (;;) {
    const { release, owner } = tryLock(path);
    if (release) {
      try {
        return await work();
      } finally {
        release();
      }
    }
    if (!reported) onWait(owner.pid);
    reported = true;
    await sleep(200, undefined, { signal });
  }
}
