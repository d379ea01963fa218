import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { pinned } from '../../src/stack/temporal-binary.js';
import { freePort } from '../helpers/free-port.js';
import { ownStack, sharedBroker, until } from './own-stack.js';
import { createPlace, type Place, serverScript, startDownloadServer, startTool } from './temporal-tools.js';

/** The sources of Temporal's server on a machine without one: the SDK's download, then the build. */

const hold = 'sleep 3600';
const limitMs = 120_000;
const nowhere = async () => ({ HTTPS_PROXY: `http://127.0.0.1:${await freePort()}` });
const isBuilding = ({ goCommands }: Place) => goCommands().includes('build');
const shared = () => ({ ...sharedBroker(), MYSQL_URL: process.env.TEST_MYSQL_URL });

test('the SDK is asked for the pinned version, and the server that it downloads is kept', async (t) => {
  const place = await createPlace(t);
  const { pinnedVersion } = await pinned();
  const site = await startDownloadServer(t, await serverScript(pinnedVersion()));

  const { code, output } = await startTool('download.mjs', { ...place.env, ...site.env }).ended;

  t.is(code, 0, output);
  t.true(site.requests[0]?.startsWith(`temporal.download/cli/v${pinnedVersion()}?`), site.requests[0]);
  t.deepEqual(place.beside(), ['temporal'], 'the server, and nothing else');
  t.true(dirname(place.target).includes(`temporal-${pinnedVersion()}-`));
});

test('a download of another version is refused, and no file of it is kept', async (t) => {
  const place = await createPlace(t);
  const site = await startDownloadServer(t, await serverScript('1.4.0'));

  const { code, output } = await startTool('download.mjs', { ...place.env, ...site.env }).ended;

  t.is(code, 1);
  t.regex(output, /version 1\.5\.1 was asked for, and .* says: temporal version 1\.4\.0/);
  t.deepEqual(place.beside(), []);
});

test('the stack runs the downloaded server when the download server answers, and builds nothing', async (t) => {
  const place = await createPlace(t);
  const site = await startDownloadServer(t, await serverScript((await pinned()).pinnedVersion()));

  const { servers } = await ownStack(t, {}, { env: { ...place.env, ...site.env, ...shared() } });

  t.is(servers.find(({ name }) => name === 'temporal')?.origin, 'sdk-download');
  t.false(isBuilding(place));
});

test('the stack logs a failed download, and builds the server', async (t) => {
  const place = await createPlace(t);
  const said: string[] = [];
  const env = { ...place.env, ...shared(), ...(await nowhere()) };

  const { servers } = await ownStack(t, {}, { env, say: (line) => said.push(line) });

  t.is(servers.find(({ name }) => name === 'temporal')?.origin, 'private');
  t.true(isBuilding(place));
  const failed = said.findIndex((line) => /the SDK's own download did not work: temporal\.download: /.test(line));
  const building = said.findIndex((line) => /building version 1\.5\.1 from its Go module/.test(line));
  t.true(failed >= 0 && building > failed, said.join('\n'));
});

test('an interrupted build leaves no process and no partial file', async (t) => {
  const place = await createPlace(t, hold);
  const build = startTool('build.mjs', place.env);
  await until(() => isBuilding(place), limitMs);
  build.child.kill('SIGTERM');

  const { code } = await build.ended;

  t.is(code, 1);
  t.deepEqual(place.processes(), []);
  t.deepEqual(place.beside(), []);
});

test('a build ends as soon as a download is complete', async (t) => {
  const place = await createPlace(t, hold);
  const build = startTool('build.mjs', place.env);
  await until(() => isBuilding(place), limitMs);
  writeFileSync(place.target, 'downloaded');

  const { code, output } = await build.ended;

  t.is(code, 0, output);
  t.is(readFileSync(place.target, 'utf8'), 'downloaded');
  t.deepEqual(place.processes(), []);
  t.deepEqual(place.beside(), ['temporal']);
});

test('a build prints how many of its packages are done', async (t) => {
  const place = await createPlace(t, hold);
  startTool('build.mjs', place.env);
  const progress = join(dirname(place.target), 'progress');
  await t.notThrowsAsync(
    until(() => existsSync(progress) && readFileSync(progress, 'utf8') === '2 of 3 packages', limitMs),
  );
});

test('two clones that need the server at once build it once', async (t) => {
  const place = await createPlace(t, 'sleep 1');

  const results = await Promise.all([1, 2].map(() => startTool('build.mjs', place.env).ended));

  t.deepEqual(
    results.map(({ code }) => code),
    [0, 0],
  );
  t.is(place.goCommands().filter((command) => command === 'build').length, 1);
  t.deepEqual(place.beside(), ['temporal']);
});

test('the leftovers of a killed build do not stop the next build', async (t) => {
  const place = await createPlace(t);
  const draft = join(dirname(place.target), 'draft');
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, 'temporal'), 'cut short');

  const { code, output } = await startTool('build.mjs', place.env).ended;

  t.is(code, 0, output);
  t.deepEqual(place.beside(), ['temporal']);
});

interface TemporalStart {
  build(): void;
  stop(): Promise<void>;
}

test('the launcher builds during the installation, and ends the build when the launcher stops', async (t) => {
  const place = await createPlace(t, hold);
  const file = resolve(import.meta.dirname, '../../../tools/launch/temporal.js');
  const launcher = (await import(pathToFileURL(file).href)) as {
    createTemporalStart(env: NodeJS.ProcessEnv): TemporalStart;
  };
  const start = launcher.createTemporalStart(place.env);
  start.build();
  await until(() => isBuilding(place), limitMs);

  await start.stop();

  t.deepEqual(place.processes(), []);
  t.deepEqual(place.beside(), []);
});
