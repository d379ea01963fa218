import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { findBinary } from '../../src/stack/binaries.js';
import { markedProcesses, markerVariable } from '../../src/stack/process-id.js';
import { stopMarked } from '../../src/stack/processes.js';
import { cachedTemporal, pinned } from '../../src/stack/temporal-binary.js';
import { makeCertificates } from '../helpers/tls.js';

/**
 * The tools for Temporal's server with their own cache, a fake Go that compiles nothing, and a fake download server.
 */

const tools = resolve(import.meta.dirname, '../../../tools');

export interface Place {
  readonly env: NodeJS.ProcessEnv;
  /** The path of the server in the cache. */
  readonly target: string;
  /** The names of the files in the server's folder. */
  readonly beside: () => readonly string[];
  /** The subcommands with which Go was called. */
  readonly goCommands: () => readonly string[];
  readonly processes: () => readonly unknown[];
}

/** Prints `version` as its version. Everything else is done by the server that this machine has. */
export async function serverScript(version: string): Promise<string> {
  const real = (await cachedTemporal(process.env)) ?? findBinary(process.env, 'temporal');
  const said = `temporal version ${version} (Server 1.29.1, UI 2.42.1)`;
  return `#!/bin/sh\nif [ "$1" = --version ]; then echo '${said}'; exit; fi\nexec '${real}' "$@"\n`;
}

/** @param hold shell code that the build runs after its first packages and before it writes the server */
export async function createPlace(t: ExecutionContext, hold = ''): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'order-bridge-temporal-'));
  const marker = `temporal-tools-${folder.slice(-6)}`;
  t.teardown(async () => {
    await stopMarked(marker, 0);
    rmSync(folder, { recursive: true, force: true });
  });
  const bin = join(folder, 'bin');
  const log = join(folder, 'go.log');
  const { pinnedVersion, serverPath } = await pinned();
  mkdirSync(bin);
  writeFileSync(log, '');
  writeFileSync(join(folder, 'server'), await serverScript(pinnedVersion()), { mode: 0o755 });
  const go = `#!/bin/sh
echo "$1" >> '${log}'
case "$1" in
  version) echo 'go version go1.99.0 linux/amd64' ;;
  list) printf 'one\\ntwo/two\\nthree\\n' ;;
  build)
    while [ "$1" != -o ]; do shift; done
    printf 'one\\ntwo/two\\n' >&2
    ${hold}
    cp '${join(folder, 'server')}' "$2" ;;
esac
`;
  writeFileSync(join(bin, 'go'), go);
  chmodSync(join(bin, 'go'), 0o755);
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    HOME: folder,
    TMPDIR: tmpdir(),
    ORDERS_PATH_ONLY: '1',
    ORDERS_CACHE_DIR: join(folder, 'cache of ü'),
    [markerVariable]: marker,
  };
  const target = serverPath(env);
  return {
    env,
    target,
    beside: () => (existsSync(dirname(target)) ? readdirSync(dirname(target)) : []),
    goCommands: () => readFileSync(log, 'utf8').trim().split('\n'),
    processes: () => markedProcesses(marker),
  };
}

export interface Tool {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; output: string }>;
}

export function startTool(program: 'build.mjs' | 'download.mjs', env: NodeJS.ProcessEnv): Tool {
  // `--follow`: the tool and its processes end when the test's process dies.
  const args = [join(tools, 'temporal', program), '--follow'];
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, output })) };
}

export interface DownloadServer {
  /** The variables that direct the SDK to this server. */
  readonly env: NodeJS.ProcessEnv;
  readonly requests: readonly string[];
}

/** A fake of the SDK's download server: a proxy that terminates the TLS of every host itself. */
export async function startDownloadServer(t: ExecutionContext, server: string): Promise<DownloadServer> {
  const certificates = makeCertificates(t, 'temporal.download');
  const { folder } = certificates;
  writeFileSync(join(folder, 'temporal'), server, { mode: 0o755 });
  const packed = spawnSync('tar', ['-czf', 'archive.tar.gz', 'temporal'], { cwd: folder, encoding: 'utf8' });
  if (packed.status !== 0) throw new Error(packed.stderr);
  const requests: string[] = [];
  const options = { cert: readFileSync(certificates.certElsewhere), key: readFileSync(certificates.key) };
  const site = createServer(options, (request, response) => {
    requests.push(`${request.headers.host}${request.url}`);
    if (request.url === '/archive.tar.gz') response.end(readFileSync(join(folder, 'archive.tar.gz')));
    else {
      const archiveUrl = 'https://temporal.download/archive.tar.gz';
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ archiveUrl, fileToExtract: 'temporal' }));
    }
  });
  const proxy = createHttpServer().on('connect', (_request, socket) => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    site.emit('connection', socket);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.teardown(() => void proxy.close());
  const { port } = proxy.address() as AddressInfo;
  return { env: { HTTPS_PROXY: `http://127.0.0.1:${port}`, SSL_CERT_FILE: certificates.ca }, requests };
}
