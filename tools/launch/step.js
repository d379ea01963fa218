import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { killMarked, markVariable, signalGroup } from './group.js';

const shownLines = 16;
const plainEveryMs = 20_000;

/** A step of the preparation failed; `message` is for the person at the terminal. */
export class LaunchError extends Error {
  name = 'LaunchError';
}

/** Shows progress: the seconds on a terminal, a line now and then elsewhere. */
function progress(label) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const { isTTY } = process.stderr;
  if (!isTTY) process.stderr.write(`${label}\n`);
  const draw = () => process.stderr.write(isTTY ? `\r\x1b[K${label} ${seconds()} s` : `${label} ${seconds()} s\n`);
  const timer = setInterval(draw, isTTY ? 1000 : plainEveryMs);
  if (isTTY) draw();
  return () => {
    clearInterval(timer);
    if (isTTY) process.stderr.write(`\r\x1b[K${label} done in ${seconds()} s\n`);
  };
}

/** The beginning of the output, where npm prints its error, and the end, where compilers print theirs. */
function excerpt(output) {
  const lines = output.trim().split('\n');
  if (lines.length <= 2 * shownLines) return lines.join('\n');
  return [...lines.slice(0, shownLines), '…', ...lines.slice(-shownLines)].join('\n');
}

/**
 * Runs one command to its end and prints its output only after a failure. An abort ends the command and its children.
 *
 * @returns its output
 * @throws {LaunchError} with the end of its output and the command that mends it
 */
export async function runStep({ label, file, args, cwd, env = process.env, mend, signal }) {
  signal.throwIfAborted();
  const done = progress(label);
  // A group of its own: this process then forwards Ctrl-C once, to the command and its children.
  const windows = process.platform === 'win32';
  const mark = randomUUID();
  const child = spawn(file, args, {
    cwd,
    env: { ...env, [markVariable]: mark },
    detached: !windows,
    shell: windows && file.endsWith('.cmd'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk) => {
    output = (output + chunk).slice(-100_000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  let insist;
  const onAbort = () => {
    signalGroup(child, 'SIGTERM');
    insist = setTimeout(() => {
      signalGroup(child, 'SIGKILL');
      killMarked(mark);
      // A child that keeps the pipes open does not delay the end.
      child.stdout.destroy();
      child.stderr.destroy();
    }, 1_500);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const how = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, by) => resolve(by ?? code));
    });
    if (signal.aborted) {
      // Children of the command that left its group would otherwise run on.
      killMarked(mark);
      signal.throwIfAborted();
    }
    if (how !== 0) {
      throw new LaunchError(`${excerpt(output)}\n\n${label} failed (${how}). To try it by hand: ${mend}`);
    }
    return output;
  } catch (error) {
    if (error.code === 'ENOENT') throw new LaunchError(`${label} failed: ${file} was not found. Needed for: ${mend}`);
    throw error;
  } finally {
    clearTimeout(insist);
    signal.removeEventListener('abort', onAbort);
    done();
  }
}
