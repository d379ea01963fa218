import { createPool } from '../../db/driver/pool.js';
import type { StackAddresses } from '../../stack/index.js';
import { createClient } from '../../temporal/client.js';
import { aborted } from '../aborted.js';
import type { Child, ProcessName } from '../child.js';
import { createBackOffice } from './back-office.js';
import { createCustomers } from './customer.js';
import { createObserver } from './observer.js';
import { playStory } from './play.js';
import { prepareScene, storySkus } from './scene.js';

/** A rule of thumb: long enough to pay in time on a busy machine, short enough to watch an order expire. */
const WINDOW = '12 seconds';

/**
 * Plays the story through a separate API with a short payment window. The other API keeps its 30 minutes. The bridge,
 * the worker and the servers are those that serve afterwards.
 */
export async function playWithShortWindow(deps: {
  readonly addresses: StackAddresses;
  /** Names the servers at these addresses. */
  readonly env: NodeJS.ProcessEnv;
  readonly provider: Child;
  readonly bridge: Child;
  readonly run: (processName: ProcessName, env: NodeJS.ProcessEnv, name: string) => Promise<Child>;
  readonly worker: Child;
  readonly startWorker: () => Promise<Child>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<boolean> {
  const { addresses, env, say } = deps;
  const shop = { PORT: '0', PAYMENT_WINDOW: WINDOW, PAYMENT_PROVIDER_URL: deps.provider.url };
  const api = await deps.run('api', shop, 'story-api');
  const pool = createPool({ url: addresses.mysqlUrl, size: 5 });
  const { temporalAddress: address, temporalNamespace: namespace } = addresses;
  const temporal = createClient({ address, namespace, env });
  try {
    await prepareScene(pool);
    say(`Nine scenes over HTTP, with a payment window of ${WINDOW} instead of 30 minutes. Each is checked against`);
    say("the database's rows, Temporal and the queues, and has a link to the order's timeline.");
    const story = playStory(
      {
        skus: storySkus,
        backOffice: createBackOffice(pool),
        customers: createCustomers({ shop: api.url, provider: deps.provider.url, token: checkoutTokenIn(env) }),
        observer: createObserver({ pool, temporal, amqpUrl: addresses.amqpUrl, bridgeUrl: () => deps.bridge.url }),
        killWorker: deps.worker.kill,
        restartWorker: async () => void (await deps.startWorker()),
      },
      { say, signal: deps.signal, timelineOf: (workflowId) => timelineUrl(addresses, workflowId) },
    );
    return await Promise.race([story, aborted(deps.signal)]);
  } finally {
    await api.stop();
    await temporal.connection.close();
    await pool.end();
  }
}

/** One of several is enough. */
const checkoutTokenIn = ({ CHECKOUT_TOKEN }: NodeJS.ProcessEnv): string | undefined =>
  CHECKOUT_TOKEN?.trim().split(/\s+/)[0];

const timelineUrl = ({ temporalUiUrl, temporalNamespace }: StackAddresses, workflowId: string): string =>
  temporalUiUrl === undefined
    ? `${workflowId} in the Web UI of your Temporal`
    : `${temporalUiUrl}/namespaces/${temporalNamespace}/workflows/${encodeURIComponent(workflowId)}`;
