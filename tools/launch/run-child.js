import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './paths.js';

const followOwner = pathToFileURL(join(root, 'tools', 'launch', 'follow-owner.js')).href;
// One Ctrl-C arrives twice, from the terminal and from npm. A second Ctrl-C by a person comes later than this.
const sameKeypressMs = 700;

/**
 * Runs the command and forwards each signal once. This process ends when the command ends.
 *
 * @returns the exit code, 128 + n when a signal ended it
 */
export function runChild(signals, node, args) {
  const windows = process.platform === 'win32';
  const child = spawn(node, ['--enable-source-maps', '--import', followOwner, ...args], {
    env: { ...process.env, ORDERS_LAUNCHER: String(process.pid) },
    // A session of its own: the terminal would otherwise signal the command as well. The pipe ends with this process.
    detached: !windows,
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  const last = new Map();
  const forget = signals.onSignal((signal) => {
    const now = performance.now();
    if (now - (last.get(signal) ?? Number.NEGATIVE_INFINITY) < sameKeypressMs) return;
    last.set(signal, now);
    child.kill(signal);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      forget();
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}
