import type { MoveResult } from '../domain/deadline.js';
import type { OrderView } from '../domain/order.js';

/** The new deadline: a moment, or later by a time. */
export type WhereTo = { readonly to: Date } | { readonly laterByMs: number };

/** What a move would do by this process's clock, for a dry run. The move itself is decided by the database. */
export function foreseenMove(
  { createdAt, expiresAt }: Pick<OrderView, 'createdAt' | 'expiresAt'>,
  where: WhereTo,
  { mostMs, now }: { readonly mostMs: number; readonly now: number },
): MoveResult {
  const to = 'to' in where ? where.to : new Date(expiresAt.getTime() + where.laterByMs);
  const latest = new Date(createdAt.getTime() + mostMs);
  if (expiresAt.getTime() <= now) return { kind: 'overdue', expiresAt };
  if (to.getTime() === expiresAt.getTime()) return { kind: 'unchanged', expiresAt };
  if (to.getTime() <= now) return { kind: 'too-early' };
  return to > latest ? { kind: 'too-late', latest } : { kind: 'moved', expiresAt: to };
}
