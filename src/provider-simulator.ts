import { runProcess } from './process/run.js';
import { createSimulator } from './simulator/create-simulator.js';

const variables = [
  'HOST',
  'PORT',
  'PAYMENT_WEBHOOK_SECRET',
  'PAYMENT_PROVIDER_TOKEN',
  'SIMULATOR_WEBHOOK_URL',
] as const;

/** A payment provider to develop and test against: it signs real webhooks and takes refunds. */
await runProcess('provider-simulator', variables, async ({ config, log }) => {
  const [secret = ''] = config.PAYMENT_WEBHOOK_SECRET;
  const simulator = createSimulator({
    secret,
    token: config.PAYMENT_PROVIDER_TOKEN,
    webhookUrl: config.SIMULATOR_WEBHOOK_URL,
    logger: log,
  });
  const url = await simulator.listen(config.PORT, config.HOST);
  return { url, stop: [['http', simulator.close]] };
});
