import { join } from 'node:path';
import pc from 'picocolors';
import { loadConfig } from '../config/config.js';
import { type Stack, StackError, startStack } from '../stack/index.js';
import { auditCommand } from './audit-command.js';
import { type Child, type Program, startChild } from './child.js';
import { dataDirOf } from './data-dir.js';
import { developmentSecrets, developmentSecretsFile, given, variablesOf } from './environment.js';
import { onPort } from './port.js';
import { seedShop } from './seed.js';
import { playWithShortWindow } from './story/short-window.js';

export interface StartOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly exit: boolean;
  readonly say: (line: string) => void;
  /** Aborts at Ctrl-C, whatever is under way. */
  readonly signal: AbortSignal;
}

const PROVIDER_PORT = 3001;

/**
 * `npm start`: brings everything up, plays the story, prints the addresses, and serves until the signal aborts.
 *
 * @returns whether every step of the story held and the audit found nothing
 */
export async function start({ env, exit, say, signal }: StartOptions): Promise<boolean> {
  const dataDir = dataDirOf(env);
  const children: Child[] = [];
  let stack: Stack | undefined;
  try {
    const secrets = secretsOf(env, dataDir);
    const { PORT: port } = loadConfig(env, ['PORT']);
    say(pc.bold('Servers'));
    stack = await startStack({ dataDir, env, say: (line) => say(`  ${line}`), signal });
    const shared = { ...secrets, ...given(env), ...variablesOf(stack.addresses) };

    const run = async (program: Program, more: NodeJS.ProcessEnv = {}, name: string = program): Promise<Child> => {
      signal.throwIfAborted();
      const logFile = join(dataDir, 'logs', `${name}.log`);
      const child = await startChild(program, { env: { ...shared, ...more }, logFile, name, signal });
      children.push(child);
      say(`  ${name} on ${child.url} (pid ${child.pid})`);
      return child;
    };

    say(pc.bold('Programs'));
    await seedShop(stack.addresses.mysqlUrl);
    const indented = (line: string): void => say(`  ${line}`);
    const startApi = (free: number) => run('api', { PORT: String(free) });
    const api = await onPort('the API', { port, given: Boolean(env.PORT) }, startApi, indented);
    const webhooks = `${api.url}/webhooks/payment`;
    const startProvider = (free: number) =>
      run('provider-simulator', { PORT: String(free), SIMULATOR_WEBHOOK_URL: webhooks });
    const usual = { port: PROVIDER_PORT, given: false };
    const provider = await onPort('the payment provider', usual, startProvider, indented);
    const provided = { PAYMENT_PROVIDER_URL: provider.url, HEALTH_PORT: '0' };
    const bridge = await run('bridge', provided);
    const startWorker = () => run('worker', provided);
    const worker = await startWorker();

    say(pc.bold('The story'));
    const addresses = stack.addresses;
    const held = await playWithShortWindow({
      say: (line) => say(`  ${line}`),
      run,
      addresses,
      signal,
      urls: { provider: provider.url, bridge: bridge.url },
      worker,
      startWorker,
    });
    say(pc.bold('The audit'));
    const clean = await auditCommand(shared, { say: (line) => say(`  ${line}`) });

    if (!exit)
      await serve({ children, api, provider, stack, secretsFile: developmentSecretsFile(dataDir), say, signal });
    return held && clean;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  } finally {
    await stopAll(children, stack, say);
  }
}

/** Secrets that were made here would do in production, and be lost with this folder: there they are given, or refused. */
function secretsOf(env: NodeJS.ProcessEnv, dataDir: string): NodeJS.ProcessEnv {
  if (env.NODE_ENV?.trim() !== 'production') return { ...developmentSecrets(dataDir) };
  loadConfig(env, ['PAYMENT_WEBHOOK_SECRET', 'PAYMENT_PROVIDER_TOKEN', 'ADMIN_TOKEN']);
  return {};
}

/**
 * Prints where everything is, and resolves at Ctrl-C.
 *
 * @throws when one of the programs ends by itself: half a system is none
 */
async function serve(deps: {
  readonly children: readonly Child[];
  readonly api: Child;
  readonly provider: Child;
  readonly stack: Stack;
  readonly secretsFile: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { say, signal } = deps;
  const { temporalUiUrl, rabbitmqUiUrl } = deps.stack.addresses;
  say(pc.bold('Serving'));
  say(`  API                 ${deps.api.url}  (description: ${deps.api.url}/docs)`);
  say(`  Operators' routes   ${deps.api.adminUrl}  (token: ADMIN_TOKEN, else in ${deps.secretsFile})`);
  if (temporalUiUrl) say(`  Temporal Web UI     ${temporalUiUrl}`);
  if (rabbitmqUiUrl) say(`  RabbitMQ management ${rabbitmqUiUrl}`);
  say(`  Payment provider    ${deps.provider.url}`);
  say('  Ctrl-C stops all of it.');
  const running = deps.children.filter((child) => child.isRunning());
  const interrupted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const ended = await Promise.race([interrupted, ...running.map((child) => child.ended)]);
  if (ended !== undefined && !signal.aborted)
    throw new StackError(`${ended}; its log is in the folder logs of the data`);
}

/** In the order of the way of an order: no new ones, then those who carry, then the servers. */
async function stopAll(
  children: readonly Child[],
  stack: Stack | undefined,
  say: (line: string) => void,
): Promise<void> {
  if (children.length > 0 || stack) say('Stopping …');
  for (const child of children) await child.stop();
  await stack?.stop();
}
