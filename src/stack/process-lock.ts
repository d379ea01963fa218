import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { z } from 'zod';
import { readJsonFile, writeDurably } from './json-file.js';
import { identify, isAlive, type ProcessId, processId } from './process-id.js';

const ownerSchema = processId.extend({ nonce: z.string() });
type Owner = Readonly<z.infer<typeof ownerSchema>>;

/** In the place of an owner who cannot be read: a lock appears with its content, so its owner has ended with the machine. */
const lost: Owner = { pid: 0, startTime: '', nonce: 'damaged' };

export interface ProcessLock {
  release(): void;
}

const takeoverBoundMs = 10_000;
const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const readOwner = (path: string): Owner | undefined => readJsonFile(path, ownerSchema, () => lost);

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
  writeDurably(draft, JSON.stringify(mine));
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
