/** So many customers, webhooks or signals are under way at once. */
export const AT_ONCE = 32;

/** One way to keep orders in Temporal. */
export interface Way {
  readonly taskQueue: string;
  /** The process of the worker. */
  readonly worker: number;
  /** Places so many orders and resolves when each order waits for its end. @returns the ids of their workflows */
  readonly place: (count: number) => Promise<string[]>;
  /** Ends the orders; their workflows close soon afterwards. */
  readonly end: (end: End) => Promise<unknown>;
}

export type End = 'paid' | 'canceled';
