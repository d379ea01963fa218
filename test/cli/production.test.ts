import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { read, root } from '../compose/files.js';

/** In production the build exists already, and no command installs or builds. */

function folderWith(...parts: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'orders-image-'));
  for (const part of parts) cpSync(join(root, part), join(folder, part), { recursive: true });
  return folder;
}

function orders(folder: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const { PATH } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { PATH, NO_COLOR: '1', ...env },
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

for (const args of [
  ['bin/orders.mjs', 'audit'],
  ['bin/orders.mjs', 'migrate'],
  ['tools/launch.mjs', 'start'],
]) {
  test(`in production ${args.join(' ')} of a clone without a build installs and builds nothing, and names the command that builds`, (t) => {
    const folder = folderWith('bin', 'tools', 'package.json', 'package-lock.json');
    const before = readdirSync(folder);
    const { status, out, err } = orders(folder, args, { NODE_ENV: 'production' });
    t.deepEqual([status, out], [1, '']);
    t.regex(
      err,
      /^NODE_ENV=production: .* neither installs nor builds.*\nBuild it first: .*npm run build\n.*start:api/,
    );
    t.deepEqual(readdirSync(folder), before);
  });
}

test('an image without tools has the orders command, which starts no servers with any NODE_ENV', (t) => {
  const folder = folderWith('bin', 'package.json', 'dist/src', 'dist/tools', 'dist/workflows');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(join(folder, 'bin', 'orders.mjs'), join(folder, 'orders'));
  t.regex(orders(folder, ['orders', '--help'], {}).out, /^Usage: orders /);
  for (const NODE_ENV of ['production', 'development']) {
    const audit = orders(folder, ['orders', 'audit'], { NODE_ENV });
    t.is(audit.status, 1);
    t.regex(
      audit.err,
      /^No server is named, and .* starts no private servers\. Set MYSQL_URL, AMQP_URL, TEMPORAL_ADDRESS\.\n$/,
    );
    const start = orders(folder, ['orders', 'start'], { NODE_ENV });
    t.is(start.status, 1);
    t.regex(start.err, /^npm start is a developer's command/);
  }
  t.false(existsSync(join(folder, '.data')));
});

test('each process has its own script that starts the build, and the Procfile names these scripts', (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const program of ['api', 'bridge', 'worker']) {
    t.is(scripts[`start:${program}`], `exec node dist/src/${program}.js`);
    t.true(existsSync(join(root, 'dist', 'src', `${program}.js`)));
    t.true(read('Procfile').includes(`npm run start:${program}\n`));
  }
});

test('a clone whose path has a character that no build can have is refused before anything is installed', (t) => {
  const folder = join(folderWith(), 'a!b');
  cpSync(join(root, 'tools'), join(folder, 'tools'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, file), join(folder, file));
  const before = readdirSync(folder);
  const { status, out, err } = orders(folder, ['tools/launch.mjs', 'start'], {});
  t.deepEqual([status, out], [1, '']);
  t.regex(err, /^The path of this clone has a ! in it, .*a!b\nTo mend it: move the clone to a path without ! \? \\\n$/);
  t.deepEqual(readdirSync(folder), before);
});
