import { createRequire } from 'node:module';
import type { Stripe } from 'stripe';

/** Stripe's library, loaded where Stripe is configured: it is a sixth of all that a program loads at its start. */
export const stripeLibrary = (): typeof Stripe => createRequire(import.meta.url)('stripe');
