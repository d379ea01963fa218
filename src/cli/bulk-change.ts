import type { OrderView } from '../domain/order.js';
import type { Outcome } from './bulk-tally.js';

/** What is done with each order of a selection. A change that ran before does no harm when it runs again. */
export interface BulkChange {
  readonly verb: string;
  readonly done: string;
  /** Whether a canceled order needs no change, or refuses the change. */
  readonly canceledIs: 'skipped' | 'refused';
  readonly change: (orderId: string) => Promise<Outcome>;
  /** What a dry run says of an open order: what would change, or why the change would be refused. */
  readonly foresee?: (order: OrderView) => Foreseen;
}

export interface Foreseen {
  readonly kind: 'done' | 'refused';
  readonly why: string;
}

export interface BulkOptions {
  readonly json: boolean;
  readonly dryRun: boolean;
  /** The selection was confirmed beforehand. */
  readonly yes: boolean;
  /** Asks the person at the terminal; `undefined` without a terminal. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  readonly say: (line: string) => void;
  readonly toStderr: (line: string) => void;
}
