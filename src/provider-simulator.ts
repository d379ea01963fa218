import { createTerminus } from '@godaddy/terminus';
import { pino } from 'pino';
import { ConfigError, loadConfig } from './config.js';
import { createSimulator } from './simulator/create-simulator.js';

const NAMES = ['HOST', 'PORT', 'LOG_LEVEL', 'PAYMENT_WEBHOOK_SECRET', 'SIMULATOR_WEBHOOK_URL'] as const;

async function main(): Promise<void> {
  const config = loadConfig(process.env, NAMES);
  const logger = pino({ name: 'provider-simulator', level: config.LOG_LEVEL });
  const [secret] = config.PAYMENT_WEBHOOK_SECRET;
  if (secret === undefined) throw new ConfigError('PAYMENT_WEBHOOK_SECRET names no secret');
  const simulator = createSimulator({ secret, webhookUrl: config.SIMULATOR_WEBHOOK_URL, logger });

  createTerminus(simulator.server, {
    healthChecks: { '/livez': async () => undefined, '/readyz': async () => undefined },
    signals: ['SIGTERM', 'SIGINT'],
    useExit0: true,
    onSignal: simulator.stopWebhooks,
    logger: (message, error) => logger.error({ err: error }, message),
  });
  const url = await simulator.listen(config.PORT, config.HOST);
  logger.info({ url, webhookUrl: config.SIMULATOR_WEBHOOK_URL }, 'payment provider simulator is ready');

  if (process.send) {
    process.send({ ready: true, url });
    // A parent that died cannot stop its child any more.
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
