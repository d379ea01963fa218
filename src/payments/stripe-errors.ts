import { type DomainError, unavailable } from '../domain/errors.js';
import { stripeLibrary } from './stripe-library.js';

/**
 * Codes of a 4xx that are retried, since they end by themselves or an operator mends them. `resource_missing` is one of
 * them: a signed webhook reported the payment, so the secret key is of another account or of the other mode.
 */
const passing = new Set([
  'balance_insufficient',
  'lock_timeout',
  'idempotency_key_in_use',
  'rate_limit',
  'resource_missing',
]);

/**
 * Whether Stripe will refuse the same request again. Errors of keys and rights are not final: an operator mends them.
 */
export function isFinal(error: unknown): error is Error {
  const { StripeCardError, StripeInvalidRequestError } = stripeLibrary().errors;
  if (!(error instanceof StripeInvalidRequestError || error instanceof StripeCardError)) return false;
  return !passing.has(error.code ?? '');
}

export const translatedStripe = (error: unknown): DomainError => unavailable('Stripe', error);
