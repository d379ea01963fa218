import { fieldError, invalid, type Problem } from './problem.js';

/** What a payment method decides of a checkout. */
interface Method {
  readonly paymentMethod: string;
  /** How long the stock is held. */
  readonly windowMs: number;
}

/**
 * @param windows the windows of the known payment methods
 * @returns nothing for a checkout that names no method: the usual window counts
 * @throws {Problem} 422 for an unknown method, with the known ones
 */
export function methodOf(windows: ReadonlyMap<string, number>, paymentMethod: string | undefined): Method | undefined {
  if (paymentMethod === undefined) return undefined;
  const windowMs = windows.get(paymentMethod);
  if (windowMs === undefined) throw methodRefusal([...windows.keys()]);
  return { paymentMethod, windowMs };
}

export function methodRefusal(known: readonly string[]): Problem {
  const expected =
    known.length > 0
      ? `expected one of ${known.join(', ')}`
      : 'expected no payment method: this shop has one window for all (PAYMENT_WINDOWS)';
  return invalid([fieldError(['paymentMethod'], expected)]);
}
