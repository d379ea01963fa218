export interface StackOptions {
  /** Where the servers keep their data, their logs and the record of who runs them. */
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
  /** `relaxed` may lose the last moments before a power failure; a killed process loses nothing in either. */
  readonly durability?: 'durable' | 'relaxed';
  readonly mysqlDatabase?: string;
  /** The folder is removed with the stack, also when this process dies without stopping it. */
  readonly temporary?: boolean;
}
