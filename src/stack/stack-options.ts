export interface StackOptions {
  /** The folder for the servers' data, their logs and the record of the process that runs them. */
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
  /** `relaxed` may lose the last writes before a power failure; a killed process loses nothing with either value. */
  readonly durability?: 'durable' | 'relaxed';
  readonly mysqlDatabase?: string;
  /** The folder is removed with the stack, also when this process dies without stopping it. */
  readonly temporary?: boolean;
}
