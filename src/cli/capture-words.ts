import type { OpenCapture } from '../db/authorisations/owed.js';
import type { Authorisation } from '../db/authorisations/rows.js';
import { onOneLine } from './product-words.js';

/** A capture that is owed or that the provider refuses, on one line: the order is paid, and its money is not here. */
export function captureInWords(capture: Omit<OpenCapture, 'attempt'>): string {
  const { amount, currency, orderId, provider, failure, forSeconds } = capture;
  const what = `${amount} ${currency} has paid order ${orderId} as an authorisation`;
  if (failure === null) return `${what}, and ${provider} owes the capture for ${forSeconds} s`;
  return `${what}, and ${provider} refuses the capture, a person decides: ${onOneLine(failure)}`;
}

/** What became of an authorisation, on one line. */
export function authorisationInWords({ state, failure, authorisedAt, endedAt }: Authorisation): string {
  const ended = endedAt === null ? '' : `, ended ${endedAt.toISOString()}`;
  const failed = failure === null ? '' : `, refused: ${onOneLine(failure)}`;
  return `${state}, since ${authorisedAt.toISOString()}${ended}${failed}`;
}
