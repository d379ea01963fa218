import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ProcessId } from './process-id.js';
import { stopMarked, stopProcess } from './processes.js';
import type { ReaperMessage } from './reaper-client.js';

/**
 * A process that outlives the owner of a stack and stops the servers when the owner dies. Its standard input ends when
 * the owner ends, for any reason.
 */
const graceMs = 20_000;
const servers = new Map<number, ProcessId>();
const commands: { argv: readonly string[]; env: Record<string, string> }[] = [];
const paths = new Set<string>();
let marker: string | undefined;
let dismissed = false;

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as ReaperMessage;
  if (message.kind === 'marker') marker = message.marker;
  else if (message.kind === 'watch') servers.set(message.process.pid, message.process);
  else if (message.kind === 'unwatch') servers.delete(message.pid);
  else if (message.kind === 'command') commands.push(message);
  else if (message.kind === 'remove') paths.add(message.path);
  else if (message.kind === 'keep') paths.delete(message.path);
  else dismissed = true;
}

if (!dismissed) {
  await Promise.all([...servers.values()].map((server) => stopProcess(server, graceMs)));
  if (marker !== undefined) await stopMarked(marker, graceMs);
  for (const { argv, env } of commands) {
    const [command, ...args] = argv;
    if (command !== undefined) spawnSync(command, args, { stdio: 'ignore', env: { ...process.env, ...env } });
  }
  for (const path of paths) rmSync(path, { recursive: true, force: true });
}
