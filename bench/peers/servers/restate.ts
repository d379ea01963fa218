import { join } from 'node:path';
import type { StackContext } from '../../../src/stack/context.js';
import { onFreePorts, untilHealthy } from '../../../src/stack/healthy.js';
import { startProcess } from '../../../src/stack/server-process.js';
import { folderOf } from '../install.js';

export interface RestateServer {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  /** Where the handlers must listen. */
  readonly sdkPort: number;
  readonly pid: number;
  /** Makes the handlers known. Again after a restart, which changes nothing. */
  readonly register: () => Promise<void>;
}

/** A private Restate server of the peer's own package, with its default durability: its log is synced to the disk. */
export async function startRestate(context: StackContext): Promise<RestateServer> {
  const platform = `restate-server-${process.platform}-${process.arch}`;
  const file = join(folderOf('restate'), 'node_modules', '@restatedev', platform, 'bin', 'restate-server');
  const names = ['restate-ingress', 'restate-admin', 'restate-node', 'restate-sdk'];
  return await onFreePorts(context, names, async (...ports) => {
    const [ingress, admin, node, sdk] = ports as [number, number, number, number];
    const env = {
      ...context.env,
      RESTATE_BASE_DIR: join(context.dataDir, 'restate'),
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_BIND_PORT: `${node}`,
      RESTATE_INGRESS__BIND_PORT: `${ingress}`,
      RESTATE_ADMIN__BIND_PORT: `${admin}`,
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LOG_FILTER: 'warn',
    };
    const server = await startProcess(context, { name: 'restate-server', file, args: ['--no-logo'], env });
    const adminUrl = `http://127.0.0.1:${admin}`;
    const ingressUrl = `http://127.0.0.1:${ingress}`;
    await untilHealthy(context, server, () => answersOk(`${ingressUrl}/restate/health`));
    await untilHealthy(context, server, () => answersOk(`${adminUrl}/health`));
    const register = () =>
      answersOk(`${adminUrl}/deployments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ uri: `http://127.0.0.1:${sdk}`, force: true }),
      });
    return { ingressUrl, adminUrl, sdkPort: sdk, pid: server.pid, register };
  });
}

async function answersOk(url: string, request?: RequestInit): Promise<void> {
  const answer = await fetch(url, request);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
}
