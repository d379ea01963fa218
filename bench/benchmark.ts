/** `ours` and `baseline` in `unit`, measured in the same conditions. `ratio` says how many times better `ours` is. */
export interface Figure {
  readonly name: string;
  readonly ours: number;
  readonly baseline: number;
  readonly ratio: number;
  readonly unit: string;
}

export type Benchmark = (env: NodeJS.ProcessEnv) => Promise<Figure[]>;
