import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackContext } from '../../../src/stack/context.js';
import { prepareContext, takeFolder } from '../../../src/stack/owned-folder.js';

/** The servers and processes of the peers: they end with this process, also when it is killed. */
export interface PeerServers {
  readonly context: StackContext;
  readonly stop: () => Promise<void>;
}

export async function openPeerServers(env: NodeJS.ProcessEnv): Promise<PeerServers> {
  const folder = await takeFolder(mkdtempSync(join(tmpdir(), 'order-bridge-peers-')));
  mkdirSync(join(folder.dataDir, 'logs'));
  const say = (line: string) => console.log(line);
  const options = { dataDir: folder.dataDir, env, say, temporary: true };
  const context = prepareContext(folder, options, new AbortController().signal);
  return {
    context,
    async stop() {
      // Servers are stopped after their clients, which would otherwise log errors.
      for (const server of context.processes.toReversed()) await server.stop();
      for (const cleanup of context.cleanups) await cleanup();
      folder.release();
      rmSync(folder.dataDir, { recursive: true, force: true });
      await context.reaper.dismiss();
    },
  };
}
