import type { OrderStatus } from './order.js';

/** Who moves a deadline: the event `order.extended` says so. */
export type Mover = 'operator' | 'shop' | 'command' | 'payment.processing';

/**
 * Where a deadline is to be: at a moment, or later by a time. A second move to one moment changes nothing. A move by a
 * time names its run, and of one run each order is moved once.
 */
export type AskedMove = { readonly by: Mover } & (
  | { readonly to: Date }
  | { readonly laterByMs: number; readonly run: string }
);

/** `overdue`: the deadline has passed, and a sweep is about to end the order. `repeated`: this run has moved it before. */
export type MoveResult =
  | { readonly kind: 'moved' | 'unchanged' | 'repeated' | 'overdue'; readonly expiresAt: Date }
  | { readonly kind: 'ended'; readonly status: Exclude<OrderStatus, 'placed'> }
  | { readonly kind: 'too-early' }
  | { readonly kind: 'too-late'; readonly latest: Date };

/** By how much a payment that is being processed moves the deadline of its order, once. */
export interface ProcessingExtension {
  readonly byMs: number;
  /** The greatest payment window. */
  readonly mostMs: number;
}
