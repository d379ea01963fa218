import type { BackOffice } from './back-office.js';
import type { Customers } from './customer.js';
import type { Observer } from './observer.js';

/** The result of a step in a line or two, and the orders whose timelines show it. */
export interface Seen {
  readonly lines: readonly string[];
  readonly orders: readonly string[];
}

export interface Scene {
  readonly customers: Customers;
  readonly observer: Observer;
  readonly backOffice: BackOffice;
  /** Products that only the story uses, so that their stock is known exactly. */
  readonly skus: { readonly mug: string; readonly lamp: string; readonly print: string };
  readonly killWorker: () => Promise<void>;
  readonly restartWorker: () => Promise<void>;
}

export interface Step {
  readonly title: string;
  readonly play: (scene: Scene) => Promise<Seen>;
}

export const paid = { status: 'paid', movement: 'sold' } as const;
export const canceled = { status: 'canceled', movement: 'released' } as const;
