import { type Config, ConfigError, loadConfig } from '../config/config.js';
import type { Finding } from './doctor-finding.js';

interface Listener {
  readonly what: string;
  readonly host: 'HOST' | 'ADMIN_HOST';
  readonly port: 'PORT' | 'ADMIN_PORT';
  readonly path: string;
  /** The finding for an answer of our own API; undefined when another program answers. */
  readonly recognise: (response: Response) => Promise<Omit<Finding, 'what'> | undefined>;
}

/** The ports on which `npm start` serves: free, used by our own API, or used by another program. */
const listeners: readonly Listener[] = [
  {
    what: 'API',
    host: 'HOST',
    port: 'PORT',
    path: '/readyz',
    async recognise(response) {
      const body: unknown = await response.json();
      if (typeof body !== 'object' || body === null || !('status' in body)) return undefined;
      return response.ok ? { found: 'ready' } : { found: 'not ready', mend: `look at ${response.url}` };
    },
  },
  {
    what: 'operators',
    host: 'ADMIN_HOST',
    port: 'ADMIN_PORT',
    path: '/',
    recognise: async ({ status, headers }) =>
      status === 401 && headers.get('www-authenticate')?.includes('realm="operators"')
        ? { found: "the operators' routes answer" }
        : undefined,
  },
];

export const diagnoseListeners = (env: NodeJS.ProcessEnv): Promise<Finding>[] =>
  listeners.map((listener) => diagnose(listener, env));

async function diagnose({ what, host, port, path, recognise }: Listener, env: NodeJS.ProcessEnv): Promise<Finding> {
  let config: Pick<Config, typeof host | typeof port>;
  try {
    config = loadConfig(env, [host, port]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { what, found: error.message, mend: 'correct it, or unset it' };
  }
  if (config[port] === 0) return { what, found: `${port} is 0: it takes a free port` };
  const address = `${reachable(config[host])}:${config[port]}`;
  const taken = { what, found: `${address}: something else answers`, mend: `set ${port} to a free one` };
  try {
    const response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(3_000) });
    const ours = await recognise(response);
    return ours === undefined ? taken : { what, ...ours, found: `${address}: ${ours.found}` };
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    return code === 'ECONNREFUSED' ? { what, found: `${address}: free to listen on` } : taken;
  }
}

/** A listener on every address is checked on the local address. */
const reachable = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
};
