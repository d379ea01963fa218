import { ConfigError } from './config/config.js';
import { runProcess } from './process/run.js';
import { createSimulator } from './simulator/create-simulator.js';

const variables = [
  'NODE_ENV',
  'HOST',
  'PORT',
  'SIMULATOR_WEBHOOK_SECRET',
  'PAYMENT_PROVIDER_TOKEN',
  'SIMULATOR_WEBHOOK_URL',
] as const;

/**
 * A payment provider for development and tests: it signs real webhooks and takes refunds. Anyone can report a payment
 * to it. So it signs with a secret that is for development only, which a shop in production refuses.
 */
await runProcess('provider-simulator', variables, async ({ config, log }) => {
  if (config.NODE_ENV === 'production') {
    throw new ConfigError(
      'NODE_ENV is production, where no payment is simulated. Set PAYMENT_PROVIDER_URL to a real provider. Example: NODE_ENV="development"',
    );
  }
  const { SIMULATOR_WEBHOOK_SECRET: secret, PAYMENT_PROVIDER_TOKEN: token, SIMULATOR_WEBHOOK_URL: webhookUrl } = config;
  const simulator = createSimulator({ secret, token, webhookUrl, logger: log });
  const url = await simulator.listen(config.PORT, config.HOST);
  return { url, stop: [['http', simulator.close]] };
});
