import { join } from 'node:path';
import type { StackContext } from '../../src/stack/context.js';
import type { Bench } from '../harness/figure.js';
import type { Contestant, Product, Stock } from './contestant.js';
import { folderOf, install, linesIn } from './install.js';
import { type Program, startProgram } from './program.js';

/** What a peer runs on. */
interface Servers {
  readonly env: NodeJS.ProcessEnv;
  readonly pids: Readonly<Record<string, number>>;
  /** A server that no other system uses, and that works by itself. */
  readonly resting?: readonly number[];
  /** Called after each start of the peer's process. */
  readonly onStart?: () => Promise<void>;
}

export interface Peer {
  readonly name: string;
  readonly servers: (context: StackContext, bench: Bench) => Promise<Servers>;
}

interface Ready {
  readonly port: number;
  readonly durability: string;
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url} answered ${response.status}`);
  return (await response.json()) as T;
}

/** Installs and starts a peer. Its process has the server and the workers. */
export async function startPeer(
  peer: Peer,
  options: {
    readonly context: StackContext;
    readonly bench: Bench;
    readonly products: readonly Product[];
    readonly windowMs: number;
  },
): Promise<Contestant> {
  const { context, bench, products } = options;
  const { name } = peer;
  await install(context, name);
  const servers = await peer.servers(context, bench);
  let port = 0;
  const url = () => `http://127.0.0.1:${port}`;
  const start = async (windowMs: number) => {
    const env = {
      ...servers.env,
      PORT: `${port}`,
      PAYMENT_WINDOW_MS: `${windowMs}`,
      PRODUCTS: JSON.stringify(products),
    };
    const started = await startProgram(context, { name, file: join(folderOf(name), 'src', 'server.ts'), env });
    const ready = started.ready as Ready;
    port = ready.port;
    await servers.onStart?.();
    return { started, durability: ready.durability };
  };
  let { started, durability }: { started: Program; durability: string } = await start(options.windowMs);
  return {
    name,
    url: url(),
    dialect: { kind: 'peer' },
    durability,
    linesOfCode: linesIn(folderOf(name), ['src']),
    pids: () => ({ ...servers.pids, [name]: started.pid }),
    restingPids: () => [started.pid, ...(servers.resting ?? [])],
    behindPids: () => [],
    stockOf: (sku) => get<Stock>(`${url()}/stock/${sku}`),
    kill: () => started.kill('SIGKILL'),
    async start({ windowMs }) {
      ({ started, durability } = await start(windowMs));
    },
    open: async () => (await get<{ open: number }>(`${url()}/engine`)).open,
    stop: () => started.kill('SIGTERM'),
  };
}
