import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { findGo, findProgram, moduleFolder, serverPath } from '../temporal/pinned.js';
import { signalGroup } from './group.js';

const insistMs = 10_000;

/** Whether a start would have to build or download Temporal's server: the dearest part of a first start. */
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
    // The process has ended, or this system forbids it: then they share the cores as equals.
  }
}

/** Begins what takes longest before anything else is done, and beside it. The programs find the result. */
export function createTemporalStart(env) {
  const running = new Set();

  function begin(program) {
    const child = spawn(process.execPath, [join(moduleFolder, program), '--follow'], {
      env,
      detached: process.platform !== 'win32',
      // What fails here is tried again, and then reported, when the server is needed.
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
    /** Before the dependencies are there. Their installation goes first where both want the same core. */
    build() {
      if (!isNeeded(env) || findGo(env).problem !== undefined) return;
      process.stderr.write("Building Temporal's server beside the rest, unless a download turns out to be quicker …\n");
      yieldTo(begin('build.mjs'));
    },
    /** Once the SDK is there: as soon as the server is, the build ends by itself. */
    download() {
      if (isNeeded(env)) begin('download.mjs');
    },
    /** Ends what still runs, and resolves when it has removed what was half made. */
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
