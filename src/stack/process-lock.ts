import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { identify, isAlive, type ProcessId } from './process-id.js';

interface Owner extends ProcessId {
  readonly nonce: string;
}

export interface ProcessLock {
  release(): void;
}

const takeoverBoundMs = 10_000;
const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes a dead owner's lock. Only the holder of `<nonce>` may, or two successors could remove each other's. */
function clearStale(path: string, stale: Owner): void {
  const takeover = `${path}.${stale.nonce}`;
  try {
    mkdirSync(takeover);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    // Another process is taking over; had it died while it did, its mark would stand forever.
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
 * @returns the lock, or the live process that holds it
 */
export function tryLock(path: string): ProcessLock | ProcessId {
  const self = identify(process.pid);
  if (self === undefined) throw new Error('this process cannot read its own start time');
  const mine: Owner = { ...self, nonce: randomUUID() };
  const draft = `${path}.draft-${mine.nonce}`;
  writeFileSync(draft, JSON.stringify(mine));
  try {
    for (;;) {
      try {
        // A link appears with its content or not at all, so that nobody reads a lock without an owner.
        linkSync(draft, path);
        return {
          release: () => {
            if (readOwner(path)?.nonce === mine.nonce) rmSync(path, { force: true });
          },
        };
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
      }
      const owner = readOwner(path);
      if (owner === undefined) continue;
      if (isAlive(owner)) return owner;
      clearStale(path, owner);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

export const isLock = (outcome: ProcessLock | ProcessId): outcome is ProcessLock => 'release' in outcome;

/** Writes a file so that a reader sees the old content or the new, never a part. */
export function writeAtomically(path: string, content: string, mode = 0o600): void {
  const draft = `${path}.draft-${randomUUID()}`;
  writeFileSync(draft, content, { mode });
  renameSync(draft, path);
}
