import type { Config } from '../config/config.js';
import type { ProviderWithDesk } from '../domain/begun-payment.js';
import type { WebhookReader } from '../domain/payment.js';
import { createHttpProvider } from './http-provider.js';
import { createStandardWebhooks } from './standard-webhooks.js';
import { stripeStep } from './stripe-currencies.js';
import { createStripeProvider } from './stripe-provider.js';
import { createStripeWebhooks } from './stripe-webhooks.js';

/** The configured providers: readers of webhooks for the API, and clients for payments that begin, and for refunds. */

export function webhooksOf(
  config: Pick<Config, 'PAYMENT_WEBHOOK_SECRET' | 'STRIPE_WEBHOOK_SECRET' | 'STRIPE_CAPTURE'>,
): readonly WebhookReader[] {
  const { PAYMENT_WEBHOOK_SECRET: standard, STRIPE_WEBHOOK_SECRET: stripe, STRIPE_CAPTURE: capture } = config;
  return [
    createStandardWebhooks({ secrets: standard }),
    ...(stripe === undefined ? [] : [createStripeWebhooks({ secrets: stripe, capture })]),
  ];
}

export function providersOf(
  config: Pick<
    Config,
    | 'PAYMENT_PROVIDER_URL'
    | 'PAYMENT_PROVIDER_TOKEN'
    | 'PAYMENT_CAPTURE'
    | 'STRIPE_SECRET_KEY'
    | 'STRIPE_API_URL'
    | 'STRIPE_CAPTURE'
  >,
): readonly ProviderWithDesk[] {
  const { PAYMENT_PROVIDER_URL: url, PAYMENT_PROVIDER_TOKEN: token } = config;
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_API_URL: stripe } = config;
  return [
    ...(url === undefined
      ? []
      : [createHttpProvider({ url, capture: config.PAYMENT_CAPTURE, ...(token !== undefined && { token }) })]),
    ...(secretKey === undefined
      ? []
      : [createStripeProvider({ secretKey, url: stripe, capture: config.STRIPE_CAPTURE })]),
  ];
}

/**
 * Returns, for a currency, the step that each amount must be a multiple of, so that every configured provider takes it.
 */
export const amountStepOf = ({ STRIPE_WEBHOOK_SECRET: stripe }: Pick<Config, 'STRIPE_WEBHOOK_SECRET'>) =>
  stripe === undefined ? () => 1 : stripeStep;
