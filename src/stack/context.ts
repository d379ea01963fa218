import type { PortBook } from './ports.js';
import type { ReaperClient } from './reaper-client.js';
import type { StackSecrets } from './secrets.js';
import type { ServerProcess } from './server-process.js';

/** What every server of one stack is started with. */
export interface StackContext {
  readonly dataDir: string;
  /** Short, so that a Unix socket's path stays below the system's limit of about 100 characters. */
  readonly socketDir: string;
  /** Of this run alone; begins with what is the same for every run in this folder. */
  readonly marker: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly durability: 'durable' | 'relaxed';
  readonly mysqlDatabase: string;
  /** Nothing is kept after the stop. */
  readonly temporary: boolean;
  readonly ports: PortBook;
  readonly secrets: StackSecrets;
  readonly reaper: ReaperClient;
  /** Every process of this run that still has to be stopped, in the order of their starts. */
  readonly processes: ServerProcess[];
  /** Run at the stop, beside the end of the processes. */
  readonly cleanups: (() => Promise<void>)[];
}

/** A server that answered its health check. */
export interface HealthyServer<Addresses> {
  readonly addresses: Addresses;
  readonly version: string;
  /** Where it listens, without credentials. */
  readonly endpoint: string;
  readonly process?: ServerProcess;
}
