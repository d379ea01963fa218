import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { type Child, type ProcessName, startChild } from '../src/cli/child.js';
import { developmentSecrets } from '../src/cli/development-secrets.js';
import { environmentOn } from '../src/cli/environment.js';
import { seedShop } from '../src/cli/seed.js';
import { createCustomers } from '../src/cli/story/customer.js';
import { until } from '../src/cli/story/until.js';
import { startStack } from '../src/stack/index.js';

/**
 * `npm run picture`: takes the README's picture of an order's timeline in Temporal's Web UI, from an order that is
 * placed, paid with a wrong amount, refunded, and paid. Needs Chromium (Debian's `chromium`, or CHROMIUM=path).
 */

const root = join(import.meta.dirname, '..', '..');
const target = join(root, 'docs', 'images', 'order-timeline.png');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const dataDir = mkdtempSync(join(tmpdir(), 'order-bridge-picture-'));
const children: Child[] = [];
const stack = await startStack({ dataDir, env: process.env, say, temporary: true });
try {
  await seedShop(stack.addresses.mysqlUrl);
  const secrets = developmentSecrets(dataDir);
  const env = environmentOn({ ...process.env, ...secrets }, stack.addresses);
  const run = async (program: ProcessName, more: NodeJS.ProcessEnv): Promise<Child> => {
    const child = await startChild(program, { env: { ...env, ...more }, logFile: join(dataDir, `${program}.log`) });
    children.push(child);
    return child;
  };
  const api = await run('api', { PORT: '0' });
  const provider = await run('provider-simulator', {
    PORT: '0',
    SIMULATOR_WEBHOOK_URL: `${api.url}/webhooks/payment`,
    SIMULATOR_WEBHOOK_SECRET: secrets.PAYMENT_WEBHOOK_SECRET,
  });
  await run('bridge', { HEALTH_PORT: '0' });
  await run('worker', { HEALTH_PORT: '0', PAYMENT_PROVIDER_URL: provider.url });

  const customers = createCustomers({ shop: api.url, provider: provider.url });
  const { body: order } = await customers.buy(7, [{ sku: 'mug-red', quantity: 2 }]);
  const look = () => customers.look(order);
  await customers.pay({ ...order, amount: 1 });
  await until('the wrong amount to go back', look, ({ refund }) => refund === 'refunded');
  await customers.pay(order);
  await until('the order to be paid', look, ({ status }) => status === 'paid');

  const { temporalUiUrl, temporalNamespace } = stack.addresses;
  await photograph(
    `${temporalUiUrl}/namespaces/${temporalNamespace}/workflows/${encodeURIComponent(`order:${order.orderId}`)}`,
  );
  say(`wrote ${target}`);
} finally {
  for (const child of children) await child.stop();
  await stack.stop();
}

async function photograph(url: string): Promise<void> {
  mkdirSync(join(target, '..'), { recursive: true });
  const quiet = ['disable-gpu', 'disable-quic', 'no-first-run', 'disable-background-networking'];
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['no-sandbox', 'disable-component-update', 'disable-sync', ...quiet].map((flag) => `--${flag}`),
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1060 }, deviceScaleFactor: 1 });
    await page.goto(url);
    await page.getByText('Workflow Execution Completed').first().waitFor();
    await page.screenshot({ path: target });
  } finally {
    await browser.close();
  }
}
