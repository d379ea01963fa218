import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, readStamp } from './fingerprint.js';
import { withLock } from './lock.js';
import { checkNpm, npm } from './npm.js';
import { folderProblem, pinnedNode, root } from './paths.js';
import { LaunchError, runStep } from './step.js';

const modulesStamp = join(root, 'node_modules', '.order-bridge-stamp');
const dist = join(root, 'dist');
const buildStamp = join(dist, '.order-bridge-stamp');
const sources = ['src', 'workflows', 'activities', 'test', 'bench', 'tsconfig.json', 'package-lock.json'];
// The files of tools/ that the build runs or compiles.
const tools = ['tools/bundle-workflows.mjs', 'tools/launch/lock.js', 'tools/launch/process-start.js'];

const dependenciesHash = () => fingerprint(root, ['package-lock.json']);
const sourcesHash = () => fingerprint(root, [...sources, ...tools]);

async function installDependencies(signal) {
  const [file, ...first] = npm();
  checkNpm(file, first);
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--no-update-notifier'];
  // With development dependencies: any command may need the build or the tests.
  await runStep({
    label: 'Installing the dependencies from the lockfile …',
    file,
    args: [...first, 'ci', '--include=dev', '--include=optional', ...quiet],
    cwd: root,
    mend: 'npm ci',
    signal,
  });
  writeFileSync(modulesStamp, `${dependenciesHash()}\n`);
}

async function build(signal) {
  const node = pinnedNode();
  const hash = sourcesHash();
  const draft = join(root, 'dist.draft');
  const old = join(root, 'dist.old');
  // The build runs in another folder and is swapped in: deleted sources leave no output, and an interrupted build
  // changes nothing.
  rmSync(draft, { recursive: true, force: true });
  rmSync(old, { recursive: true, force: true });
  mkdirSync(draft);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await runStep({
    label: 'Compiling …',
    file: node,
    args: [tsc, '--outDir', draft, '--pretty', 'false'],
    cwd: root,
    mend: 'npx tsc --noEmit',
    signal,
  });
  if (existsSync(join(draft, 'workflows', 'index.js'))) {
    await runStep({
      label: 'Bundling the workflows …',
      file: node,
      args: [join(root, 'tools', 'bundle-workflows.mjs'), draft],
      cwd: root,
      mend: 'node tools/bundle-workflows.mjs dist',
      signal,
    });
  }
  writeFileSync(join(draft, '.order-bridge-stamp'), `${hash}\n`);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(draft, dist);
  rmSync(old, { recursive: true, force: true });
}

function packagesIn(lockfile) {
  try {
    return JSON.parse(readFileSync(lockfile, 'utf8'))?.packages;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a person has run `npm ci`: as its last step npm writes its own copy of the lockfile. */
function installedByHand() {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (existsSync(modulesStamp) || !existsSync(hidden)) return false;
  const [wanted, installed] = [join(root, 'package-lock.json'), hidden].map(packagesIn);
  // A damaged file leads to a new installation, and npm reports a lockfile that it cannot read.
  if (wanted === undefined || installed === undefined) return false;
  return Object.entries(wanted).every(([path, { optional, integrity }]) => {
    if (path === '') return true;
    // npm does not install the packages of other platforms.
    if (installed[path] === undefined) return optional === true;
    return installed[path].integrity === integrity && existsSync(join(root, path, 'package.json'));
  });
}

const dependenciesReady = () => readStamp(modulesStamp) === dependenciesHash();
const buildReady = () => readStamp(buildStamp) === sourcesHash();

/**
 * Installs the dependencies and builds, unless both are done already for exactly these sources. `temporal` builds or
 * downloads its server at the same time.
 */
export async function ensureReady({ signal, wantBuild, temporal }) {
  if (dependenciesReady() && (!wantBuild || buildReady())) return;
  const problem = wantBuild ? folderProblem(root) : undefined;
  if (problem !== undefined) throw new LaunchError(problem);
  const folder = join(root, '.data');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = join(folder, 'launch.lock');
  const onWait = (pid) =>
    process.stderr.write(`Waiting for process ${pid}, which installs or builds in this clone …\n`);
  await withLock(lock, { onWait, signal }, async () => {
    if (installedByHand()) writeFileSync(modulesStamp, `${dependenciesHash()}\n`);
    if (!dependenciesReady()) {
      temporal?.build();
      await installDependencies(signal);
    }
    if (wantBuild && !buildReady()) {
      temporal?.download();
      await build(signal);
    }
  });
}
