import type { IncomingHttpHeaders } from 'node:http';
import { bearerIn, createSecrets } from './bearer.js';
import { fieldError, invalid, Problem } from './problem.js';

/** Who may call `POST /checkout`. */
export interface CheckoutAccess {
  /** The bearer tokens of the shop's backend: several during a rotation, none in development. */
  readonly checkoutTokens: readonly string[];
  /** Whether anyone may buy as anyone, without a token. */
  readonly checkoutOpen: boolean;
}

/** Who sent a checkout. Only the shop's backend may name a price. */
export interface Caller {
  readonly isBackend: boolean;
}

/**
 * Finds out who calls, by the header `Authorization`. A wrong token is refused also where a checkout needs no token:
 * the sender means to be the shop's backend, and learns of the error.
 *
 * @throws {Problem} 401 for a wrong token, and for none where one is needed
 */
export function createCallerOf({ checkoutTokens, checkoutOpen }: CheckoutAccess) {
  const isOurs = createSecrets(checkoutTokens);
  return ({ authorization }: IncomingHttpHeaders): Caller => {
    if (authorization === undefined) {
      if (checkoutOpen) return { isBackend: false };
      throw callerRefusal(false);
    }
    if (isOurs(bearerIn(authorization))) return { isBackend: true };
    throw callerRefusal(true);
  };
}

/** @param isWrong whether a token came */
export function callerRefusal(isWrong: boolean, needs = 'A checkout'): Problem {
  const detail = isWrong ? 'The checkout token is wrong.' : `${needs} needs the token of the shop, as bearer.`;
  return new Problem(401, 'checkout-token', 'Checkout token not accepted', detail, {
    headers: { 'WWW-Authenticate': `Bearer realm="checkout"${isWrong ? ', error="invalid_token"' : ''}` },
  });
}

export const extendRefusal = (): Problem => callerRefusal(false, 'A move of a deadline');

/**
 * @param fields the paths of the fields in this body that only the shop's backend may use
 * @throws {Problem} 422 naming each of them, when another caller sent them
 */
export function onlyForBackend({ isBackend }: Caller, fields: readonly (readonly PropertyKey[])[]): void {
  if (isBackend || fields.length === 0) return;
  throw invalid(fields.map((path) => fieldError(path, "expected from the shop's backend only, with CHECKOUT_TOKEN")));
}
