import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { stackIdOf } from '../../src/stack/owned-folder.js';
import { markedProcesses } from '../../src/stack/process-id.js';
import { stopMarked } from '../../src/stack/processes.js';
import { pinned } from '../../src/stack/temporal-binary.js';
import { freePort } from '../helpers/free-port.js';

/** A clone whose path, home and temporary folder have spaces, letters outside ASCII and characters that URLs encode. */

const root = resolve(import.meta.dirname, '..', '..', '..');
const copied = ['package.json', 'package-lock.json', 'tsconfig.json', 'tools', 'bin', 'docker-compose.yml'];
const sources = ['src', 'workflows', 'activities', 'test', 'bench'];
// Linked where the file system allows it: these files are large, and nothing writes to them.
const linked = ['node_modules'];

function link(from: string, to: string): void {
  if (spawnSync('cp', ['-al', from, to]).status === 0) return;
  rmSync(to, { recursive: true, force: true });
  symlinkSync(from, to);
}

interface OddPlaces {
  readonly clone: string;
  readonly env: NodeJS.ProcessEnv;
}

async function oddPlaces(t: ExecutionContext): Promise<OddPlaces> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'order-bridge-odd-')));
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const clone = join(folder, 'x y ü 100%20');
  const home = join(folder, 'home of ü');
  const temporary = join(folder, `tmp ${'long '.repeat(30)}`);
  for (const each of [clone, home, temporary]) mkdirSync(each);
  for (const name of [...copied, ...sources, 'dist'].filter((each) => existsSync(join(root, each)))) {
    cpSync(join(root, name), join(clone, name), { recursive: true });
  }
  for (const name of linked) link(join(root, name), join(clone, name));
  const { PATH, ORDERS_CACHE_DIR, XDG_CACHE_HOME, HOME } = process.env;
  const built = dirname((await pinned()).serverPath({ ORDERS_CACHE_DIR, XDG_CACHE_HOME, HOME }));
  const cache = join(folder, 'cache of ü');
  mkdirSync(cache);
  // Without a built server, a server on PATH is used.
  if (existsSync(built)) symlinkSync(built, join(cache, basename(built)));
  return { clone, env: { PATH, HOME: home, TMPDIR: temporary, ORDERS_CACHE_DIR: cache, ORDERS_NO_INSTALL: '1' } };
}

test('npm start plays its story in a clone, a home and a temporary folder with spaces and umlauts', async (t) => {
  t.timeout(20 * 60_000);
  const { clone, env } = await oddPlaces(t);
  const bundled = spawnSync(process.execPath, ['tools/bundle-workflows.mjs', 'dist'], { cwd: clone, env });
  t.is(bundled.status, 0, String(bundled.stderr));

  const npm = spawn('npm', ['start', '--', '--exit'], {
    cwd: clone,
    env: { ...env, PORT: String(await freePort()) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(async () => {
    npm.kill();
    const data = join(clone, '.data');
    if (existsSync(data)) await stopMarked(`${stackIdOf(data)}:`, 0);
  });
  for (const input of [npm.stdout, npm.stderr]) createInterface({ input }).on('line', (line) => t.log(line));
  const [code] = await once(npm, 'exit');

  t.is(code, 0);
  t.deepEqual(markedProcesses(`${stackIdOf(join(clone, '.data'))}:`), [], 'no process is left');
});
