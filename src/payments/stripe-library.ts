import { createRequire } from 'node:module';
import type { Stripe } from 'stripe';

/**
 * Loads Stripe's library only where Stripe is configured: it is a sixth of all code that a process loads at its start.
 */
export const stripeLibrary = (): typeof Stripe => createRequire(import.meta.url)('stripe');
