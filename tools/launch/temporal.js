import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { findGo, findProgram, moduleFolder, serverPath } from '../temporal/pinned.js';
import { signalGroup } from './group.js';

const insistMs = 10_000;

/** Whether a start would have to build or download Temporal's server: the slowest part of a first start. */
function isNeeded(env) {
  if (env.TEMPORAL_ADDRESS || env.NODE_ENV?.trim() === 'production') return false;
  return (
    findProgram(env, 'temporal', ['/usr/local/bin', '/opt/homebrew/bin']) === undefined && !existsSync(serverPath(env))
  );
}

function yieldTo({ pid }) {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // The process has ended, or this system forbids a lower priority: then both have the same priority.
  }
}

/** Starts the slowest step first, at the same time as the others. src/stack finds its result on the disk. */
export function createTemporalStart(env) {
  const running = new Set();

  function begin(script) {
    const child = spawn(process.execPath, [join(moduleFolder, script), '--follow'], {
      env,
      detached: process.platform !== 'win32',
      // A failure here is ignored: the start tries again, and reports the error, when it needs the server.
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = new Promise((resolve) => {
      child.once('error', resolve);
      child.once('exit', resolve);
    }).then(() => running.delete(entry));
    const entry = { child, ended };
    running.add(entry);
    return child;
  }

  return {
    /** Begins before the dependencies are installed. The installation has the higher priority. */
    build() {
      if (!isNeeded(env) || findGo(env).problem !== undefined) return;
      process.stderr.write("Building Temporal's server beside the rest, unless a download turns out to be quicker …\n");
      yieldTo(begin('build.mjs'));
    },
    /** Begins when the SDK is installed. The build ends by itself when the download is complete. */
    download() {
      if (isNeeded(env)) begin('download.mjs');
    },
    /** Ends the running build and download, and resolves when they have removed their partial files. */
    async stop() {
      for (const { child } of running) signalGroup(child, 'SIGTERM');
      const insist = setTimeout(() => {
        for (const { child } of running) signalGroup(child, 'SIGKILL');
      }, insistMs);
      await Promise.all([...running].map(({ ended }) => ended));
      clearTimeout(insist);
    },
  };
}
