import { join } from 'node:path';
import { styleText } from 'node:util';
import type { StackAddresses } from '../stack/index.js';
import type { Child } from './child.js';
import { developmentSecretsFile } from './development-secrets.js';
import type { StartPlan } from './start-plan.js';

/** The lines for a first-time user: each page with its login, and commands to paste. */
export function servingLines(deps: {
  readonly api: Pick<Child, 'url' | 'adminUrl'>;
  readonly provider?: Pick<Child, 'url'>;
  readonly addresses: StackAddresses;
  readonly plan: Pick<StartPlan, 'dataDir' | 'ours'>;
  /** The variables of the environment that are set. */
  readonly set: NodeJS.ProcessEnv;
}): string[] {
  const { addresses, plan, provider, set } = deps;
  const api = here(deps.api.url);
  const admin = here(deps.api.adminUrl ?? '');
  const secretsFile = developmentSecretsFile(plan.dataDir);
  const secret = (name: 'ADMIN_TOKEN' | 'CHECKOUT_TOKEN'): string =>
    `$(node -p 'require(process.argv[1]).${name}' ${quoted(secretsFile)})`;
  const token = set.ADMIN_TOKEN ? '$ADMIN_TOKEN' : secret('ADMIN_TOKEN');
  // One of several tokens is enough.
  const ofBackend = set.CHECKOUT_TOKEN ? '$(set -- $CHECKOUT_TOKEN; echo $1)' : secret('CHECKOUT_TOKEN');
  const isOpen = set.CHECKOUT_OPEN ? set.CHECKOUT_OPEN.trim() === 'true' : !set.CHECKOUT_TOKEN;
  const whoBuys = `${isOpen ? 'anyone may buy; ' : ''}the backend's bearer: CHECKOUT_TOKEN`;
  const page = (name: string, url: string, login: string): string =>
    `${name.padEnd(20)} ${styleText('cyan', url)}  ${login}`;
  const wish = `{"userId": 7, "items": [{"sku": "mug-red", "quantity": 2}]}`;
  const field = (name: string): string => `$(node -p 'require("/tmp/order.json").${name}')`;
  const asCustomer = `-H "authorization: Bearer $TOKEN"`;
  return [
    page('API', `${api}/docs`, 'API description; no login'),
    page("Operators' routes", admin, `bearer token: ADMIN_TOKEN${set.ADMIN_TOKEN ? '' : ` in ${secretsFile}`}`),
    page('Checkout', `${api}/checkout`, `${whoBuys}${set.CHECKOUT_TOKEN ? '' : ` in ${secretsFile}`}`),
    ...(provider ? [page('Payment simulator', here(provider.url), 'no login; this machine only')] : []),
    ...temporalLines(addresses, page),
    ...(addresses.rabbitmqUiUrl
      ? [page('RabbitMQ management', addresses.rabbitmqUiUrl, rabbitmqLogin(addresses, plan.dataDir))]
      : []),
    page('Logs', join(plan.dataDir, 'logs'), ''),
    '',
    'Checked at any time, from another terminal in this folder: npx orders audit, npx orders doctor',
    ...(plan.ours
      ? [
          '',
          'To try it, paste these: buy two mugs, look at the order, pay it or cancel it (a paid one answers 409).',
          `  curl -s ${api}/checkout -H 'content-type: application/json' -H "idempotency-key: $(date +%s)" \\`,
          ...(isOpen ? [] : [`    -H "authorization: Bearer ${ofBackend}" \\`]),
          `    -d '${wish}' | tee /tmp/order.json`,
          `  ORDER=${field('orderId')} TOKEN=${field('readToken')}`,
          `  curl -s ${api}/orders/$ORDER ${asCustomer}`,
          ...(provider
            ? [
                `  curl -s ${here(provider.url)}/payments -H 'content-type: application/json' \\`,
                `    -d "{\\"orderId\\": \\"$ORDER\\", \\"amount\\": 2500, \\"currency\\": \\"EUR\\"}"`,
              ]
            : []),
          `  curl -s -X POST ${api}/orders/$ORDER/cancel ${asCustomer}`,
          'As an operator, who sees any order:',
          `  curl -s ${admin}/orders/$ORDER -H "authorization: Bearer ${token}"`,
        ]
      : []),
    '',
    'Ctrl-C stops all of it.',
  ];
}

const states = {
  'wait for money': 'OrderStatus="placed"',
  'are paid': 'OrderStatus="paid"',
  'are canceled': 'OrderStatus="canceled"',
};

function temporalLines(
  { temporalUiUrl, temporalNamespace, temporalAddress }: StackAddresses,
  page: (name: string, url: string, login: string) => string,
): string[] {
  if (temporalUiUrl === undefined) return [page('Temporal', temporalAddress, 'yours, with its own Web UI')];
  const workflows = `${temporalUiUrl}/namespaces/${temporalNamespace}/workflows`;
  return [
    page('Temporal Web UI', workflows, 'no login'),
    ...Object.entries(states).map(([state, query]) =>
      page('', `${workflows}?query=${encodeURIComponent(query)}`, `orders that ${state}`),
    ),
  ];
}

function rabbitmqLogin({ amqpUrl }: StackAddresses, dataDir: string): string {
  return `user ${new URL(amqpUrl).username}, password: rabbitmq in ${join(dataDir, 'secrets.json')}`;
}

/** Quotes any path for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The local address instead of the address of all interfaces, which no client can use. */
const here = (url: string): string => url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
