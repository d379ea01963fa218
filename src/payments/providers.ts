import type { Config } from '../config/config.js';
import type { PaymentProvider, WebhookReader } from '../domain/payment.js';
import { createHttpProvider } from './http-provider.js';
import { createStandardWebhooks } from './standard-webhooks.js';
import { stripeStep } from './stripe-currencies.js';
import { createStripeProvider } from './stripe-provider.js';
import { createStripeWebhooks } from './stripe-webhooks.js';

/** The providers that are configured: those the API hears, and those the worker sends money back through. */

export function webhooksOf(
  config: Pick<Config, 'PAYMENT_WEBHOOK_SECRET' | 'STRIPE_WEBHOOK_SECRET'>,
): readonly WebhookReader[] {
  const { PAYMENT_WEBHOOK_SECRET: standard, STRIPE_WEBHOOK_SECRET: stripe } = config;
  return [
    createStandardWebhooks({ secrets: standard }),
    ...(stripe === undefined ? [] : [createStripeWebhooks({ secrets: stripe })]),
  ];
}

export function providersOf(
  config: Pick<Config, 'PAYMENT_PROVIDER_URL' | 'PAYMENT_PROVIDER_TOKEN' | 'STRIPE_SECRET_KEY' | 'STRIPE_API_URL'>,
): readonly PaymentProvider[] {
  const { PAYMENT_PROVIDER_URL: url, PAYMENT_PROVIDER_TOKEN: token } = config;
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_API_URL: stripe } = config;
  return [
    createHttpProvider({ url, ...(token !== undefined && { token }) }),
    ...(secretKey === undefined ? [] : [createStripeProvider({ secretKey, url: stripe })]),
  ];
}

/** What amounts have to be multiples of, by currency, so that each configured provider can take them. */
export const amountStepOf = ({ STRIPE_WEBHOOK_SECRET: stripe }: Pick<Config, 'STRIPE_WEBHOOK_SECRET'>) =>
  stripe === undefined ? () => 1 : stripeStep;
