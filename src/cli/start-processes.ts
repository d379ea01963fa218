import { join } from 'node:path';
import type { StackAddresses } from '../stack/index.js';
import { type Child, type ProcessName, startChild } from './child.js';
import { type DevelopmentSecrets, withDevelopmentSecrets } from './development-secrets.js';
import { given, processEnvironmentOn } from './environment.js';
import { onPort } from './port.js';
import type { StartPlan } from './start-plan.js';

export interface Processes {
  readonly api: Child;
  readonly bridge: Child;
  readonly worker: Child;
  /** The payment simulator, where it is the provider. */
  readonly provider?: Child;
  readonly startWorker: () => Promise<Child>;
  /** Starts one more process, with the same servers and secrets as the others. */
  readonly run: (processName: ProcessName, more: NodeJS.ProcessEnv, name?: string) => Promise<Child>;
}

/** The default of `PORT`, and the port behind it. */
const API_PORT = 3000;
const PROVIDER_PORT = 3001;

/** Starts the payment simulator if it is the provider, the API, the bridge and the worker, and prints each address. */
export async function startProcesses(deps: {
  readonly env: NodeJS.ProcessEnv;
  readonly plan: StartPlan;
  readonly secrets: DevelopmentSecrets;
  readonly addresses: StackAddresses;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** Called with each process before the next process starts. */
  readonly onStarted: (child: Child) => void;
}): Promise<Processes> {
  const { env, plan, secrets, addresses, say, signal } = deps;
  const set = given(env);
  const shared = processEnvironmentOn(withDevelopmentSecrets(secrets, set), addresses);

  async function launch(processName: ProcessName, own: NodeJS.ProcessEnv, name: string = processName): Promise<Child> {
    signal.throwIfAborted();
    const logFile = join(plan.dataDir, 'logs', `${name}.log`);
    const child = await startChild(processName, { env: own, logFile, name, signal });
    deps.onStarted(child);
    say(`${name} on ${child.url} (pid ${child.pid})`);
    return child;
  }
  const run = (processName: ProcessName, more: NodeJS.ProcessEnv, name?: string) =>
    launch(processName, { ...shared, ...more }, name);

  // The simulator gets no variable of the environment and is reachable only from this machine: it accepts any request
  // to pay an order.
  const port = Number(set.PORT ?? API_PORT);
  const alone = { PATH: set.PATH, LOG_LEVEL: set.LOG_LEVEL, HOST: '127.0.0.1' };
  const startProvider = (free: number) =>
    launch('provider-simulator', {
      ...alone,
      PORT: String(free),
      SIMULATOR_WEBHOOK_URL: `http://127.0.0.1:${port}/webhooks/payment`,
      SIMULATOR_WEBHOOK_SECRET: secrets.PAYMENT_WEBHOOK_SECRET,
      PAYMENT_PROVIDER_TOKEN: secrets.PAYMENT_PROVIDER_TOKEN,
    });
  const usual = { port: PROVIDER_PORT, given: false };
  const provider = plan.simulator ? await onPort('the payment simulator', usual, startProvider, say) : undefined;

  const begins = provider && { PAYMENT_PROVIDER_URL: provider.url };

  const startApi = (free: number) => run('api', { PORT: String(free), ...begins });
  const api = await onPort('the API', { port, given: Boolean(set.PORT) }, startApi, say);
  if (provider !== undefined) await sendWebhooksTo(provider.url, `${api.url}/webhooks/payment`);

  const provided = { HEALTH_PORT: '0', ...begins };
  const bridge = await run('bridge', provided);
  const startWorker = () => run('worker', provided);
  const worker = await startWorker();
  return { api, bridge, worker, ...(provider && { provider }), startWorker, run };
}

/** The API needs the simulator's address, and may have taken another port than the usual one. */
async function sendWebhooksTo(simulator: string, webhookUrl: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${simulator}/settings`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ webhookUrl }),
  });
  if (!response.ok) throw new Error(`the payment simulator answered ${response.status} to its settings`);
}
