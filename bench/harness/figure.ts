/** The named figures of a run beside its main figure, such as `p99 ms` or `CPU api, ms`. */
export type Details = Readonly<Record<string, number>>;

/** The result of one run of one side, in the unit of the comparison. */
export interface Measured {
  readonly value: number;
  readonly details?: Details;
}

/** `ours` and `baseline` are medians in `unit`, measured in the same conditions. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly baseline: number;
  /**
   * How many times better `ours` is: the median of the ratios of the rounds. Null when the quartiles of the rounds are
   * farther from each other than the ratio is from 1, and after a single round.
   */
  readonly ratio: number | null;
  /** The quartiles of the ratios of the rounds. */
  readonly between: readonly [number, number];
  readonly rounds: number;
  /** The ratio that the project wants. */
  readonly goal?: number;
  /** Null when the goal is between the quartiles, and after a single round. */
  readonly met?: boolean | null;
  /** Medians. */
  readonly details?: { readonly ours: Details; readonly baseline: Details };
  /** What was counted during the run, for a picture over time. */
  readonly samples?: readonly Sample[];
}

/** Counts at one moment, with the seconds since the start. */
export type Sample = Readonly<Record<string, number>> & { readonly seconds: number };

/** What a benchmark runs on. */
export interface Bench {
  /** The addresses of the private servers: the `TEST_…` variables. The database is empty, and of this benchmark only. */
  readonly env: NodeJS.ProcessEnv;
  /** The process of each private server. */
  readonly pids: Readonly<Record<string, number>>;
}

export type Benchmark = (bench: Bench) => Promise<Figure[]>;
