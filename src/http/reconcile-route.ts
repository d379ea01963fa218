import type { Request, Response } from 'express';
import type { Span } from '../domain/span.js';
import { readJson, validate } from './body.js';
import { fieldError, invalid } from './problem.js';
import { reconcileBody } from './reconcile-schemas.js';

export interface ReconcileDeps {
  /** The names of the configured providers. */
  readonly providers: readonly string[];
  /** Compares what these providers list with our payments, and takes in what is missing here. */
  readonly reconcile: (
    asked: Span & { readonly providers: readonly string[]; readonly dryRun: boolean },
  ) => Promise<readonly object[]>;
}

/** `POST /payments/reconcile` of the operators' listener, which answers when all of the span is compared. */
export function reconcilePaymentsRoute({ providers: known, reconcile }: ReconcileDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const asked = validate(reconcileBody, readJson(request.body));
    const { since, until = new Date(), provider, dryRun = false } = asked;
    const providers = provider === undefined ? known : known.filter((name) => name === provider);
    if (providers.length === 0) throw unknownProvider(known);
    response.json({ providers: await reconcile({ since, until, providers, dryRun }) });
  };
}

export const unknownProvider = (known: readonly string[]) =>
  invalid([fieldError(['provider'], `expected ${known.join(' or ') || 'that a provider is configured for the API'}`)]);
