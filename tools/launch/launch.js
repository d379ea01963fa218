import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureReady } from './ensure-ready.js';
import { pinnedNode, root } from './paths.js';
import { runChild } from './run-child.js';
import { catchSignals } from './signals.js';
import { LaunchError } from './step.js';
import { createTemporalStart } from './temporal.js';

// These commands always start all servers.
const startsServers = ['start', 'test', 'histories', 'mutation', 'picture'];

const commandLine = (...args) => [join(root, 'dist', 'src', 'cli', 'main.js'), ...args];

/** The command of each npm script, which runs after the preparation, and whether it needs the build. */
const scripts = {
  bench: { wantBuild: true, args: (rest) => [join(root, 'dist', 'bench', 'run.js'), ...rest] },
  build: { wantBuild: true },
  check: { wantBuild: false, args: (rest) => [join(root, 'tools', 'check.mjs'), ...rest] },
  histories: { wantBuild: true, args: () => [join(root, 'dist', 'test', 'workflows', 'record.js')] },
  mutation: { wantBuild: true, args: (rest) => [join(root, 'dist', 'test', 'mutation', 'run.js'), ...rest] },
  picture: { wantBuild: true, args: () => [join(root, 'dist', 'test', 'picture.js')] },
  test: { wantBuild: true, args: (rest) => [join(root, 'dist', 'test', 'run.js'), ...rest] },
};

// A production machine gets a finished build: no command installs or builds there.
const serves = process.env.NODE_ENV?.trim() === 'production';

const notBuilt = (
  command,
) => `NODE_ENV=production: orders ${command} neither installs nor builds, and nothing is built here.
Build it first: npm ci --include=dev && npm run build
Then each process has a command of its own: npm run start:api, start:bridge, start:worker (docs/running.md)`;

/**
 * Prepares the clone and runs one command in it.
 *
 * @param {string[]} argv the command and its arguments
 */
export async function launch(argv) {
  const signals = catchSignals();
  const [command = 'help', ...rest] = argv;
  const script = scripts[command] ?? { wantBuild: true, args: (args) => commandLine(command, ...args) };
  const prepares = script === scripts[command] || !serves;
  const temporal = prepares && startsServers.includes(command) ? createTemporalStart(process.env) : undefined;
  try {
    if (prepares) await ensureReady({ signal: signals.signal, wantBuild: script.wantBuild, temporal });
    else if (!existsSync(commandLine()[0])) throw new LaunchError(notBuilt(command));
    if (script.args === undefined) return;
    const args = script.args(rest);
    if (!existsSync(args[0])) throw new LaunchError(`${args[0]} is not there; is the clone complete? Try: git status`);
    process.exitCode = await runChild(signals, pinnedNode(), args);
  } catch (error) {
    if (signals.signal.aborted) process.exitCode = signals.exitCode();
    else if (error instanceof LaunchError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    } else throw error;
  } finally {
    await temporal?.stop();
  }
}
