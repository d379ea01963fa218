import type { PortBook } from './ports.js';
import type { ReaperClient } from './reaper-client.js';
import type { StackSecrets } from './secrets.js';

/** A server's process that this run started. */
export interface ServerProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Set once the process has ended, with how. */
  readonly ended: () => string | undefined;
  stop(graceMs?: number): Promise<void>;
  /** From now on its end is reported, unless it was asked to stop. */
  onUnexpectedEnd(report: (how: string) => void): void;
}

/** What every server of one stack is started with. */
export interface StackContext {
  /** Short and free of spaces, through a link where the folder's own path is neither. */
  readonly dataDir: string;
  /** The folder with that link, removed at the stop. */
  readonly alias?: string;
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
