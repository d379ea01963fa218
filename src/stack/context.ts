import type { PortBook } from './ports.js';
import type { ReaperClient } from './reaper-client.js';
import type { StackSecrets } from './secrets.js';

/** A server's process that this run started. */
export interface ServerProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** The exit code or the signal once the process has ended; undefined while it runs. */
  readonly ended: () => string | undefined;
  stop(graceMs?: number): Promise<void>;
  /** Calls `report` when the process ends without a call of `stop`. */
  onUnexpectedEnd(report: (how: string) => void): void;
}

/** What all servers of one stack share at their start. */
export interface StackContext {
  /** A short path without spaces: a link where the folder's own path is long or has spaces. */
  readonly dataDir: string;
  /** The folder that holds this link, removed at the stop. */
  readonly alias?: string;
  /** Unique for this run; its beginning is the same for every run in this folder. */
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
  /** The processes of this run that still have to be stopped, in the order of their starts. */
  readonly processes: ServerProcess[];
  /** Run at the stop, at the same time as the processes are stopped. */
  readonly cleanups: (() => Promise<void>)[];
}

/** A server that answered its health check. */
export interface HealthyServer<Addresses> {
  readonly addresses: Addresses;
  readonly version: string;
  /** The server's address, without credentials. */
  readonly endpoint: string;
  readonly process?: ServerProcess;
}
