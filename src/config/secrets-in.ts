import type { Config } from './variables.js';

/** Every secret in these values: tokens, keys, and the passwords in addresses, both URL-encoded and decoded. */
export function secretsIn(config: Partial<Config>): string[] {
  const { ADMIN_TOKEN, PAYMENT_PROVIDER_TOKEN, STRIPE_SECRET_KEY } = config;
  const { PAYMENT_WEBHOOK_SECRET = [], STRIPE_WEBHOOK_SECRET = [], CHECKOUT_TOKEN = [] } = config;
  const passwords = [config.MYSQL_URL, config.AMQP_URL, config.RABBITMQ_API_URL].flatMap((url) => {
    const password = url === undefined ? '' : new URL(url).password;
    return [password, decodeURIComponent(password)];
  });
  const named = [
    ADMIN_TOKEN,
    PAYMENT_PROVIDER_TOKEN,
    STRIPE_SECRET_KEY,
    ...PAYMENT_WEBHOOK_SECRET,
    ...STRIPE_WEBHOOK_SECRET,
    ...CHECKOUT_TOKEN,
  ];
  return [...new Set([...named, ...passwords])].filter((secret): secret is string => !!secret);
}
