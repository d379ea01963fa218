import type { Price } from '../../domain/allocation.js';
import type { CheckoutRequest, CheckoutResult } from '../../domain/checkout.js';
import { type CheckoutLimits, unpayable } from '../../domain/checkout-limits.js';
import { statusAtCheckout, totalOf } from '../../domain/totals.js';
import type { OpenPlaces } from './open-places.js';
import type { References } from './references.js';

type Refusal = Exclude<CheckoutResult, { kind: 'reserved' }>;

/**
 * Why a request whose stock is available is refused. An admitted request has its place and its reference, so the next
 * request of the batch finds them taken.
 *
 * @returns a function of a request and the price of its lines, to be called in the order of the requests
 */
export function admissions({
  limits,
  places,
  references,
}: {
  readonly limits: CheckoutLimits;
  readonly places: Pick<OpenPlaces, 'admit'>;
  readonly references: References;
}): (request: CheckoutRequest, ofLines: Price) => Refusal | undefined {
  return (request, ofLines) => {
    const amount = totalOf(ofLines, request.adjustments);
    if (typeof amount !== 'number') return amount;
    const { currency } = ofLines;
    const staysOpen = statusAtCheckout({ amount }) === 'placed';
    const refusal =
      unpayable(limits, { amount, currency }) ?? references.usedBy(request) ?? places.admit(request, { staysOpen });
    if (refusal === undefined) references.take(request);
    return refusal;
  };
}
