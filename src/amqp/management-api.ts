import { unavailable } from '../domain/errors.js';

/** The API usually answers within milliseconds. A rule of thumb. */
const API_TIMEOUT_MS = 5_000;

/** The broker's management API, for questions that AMQP has no method for. */
export interface ManagementApi {
  /** Contains the credentials. */
  readonly apiUrl: string;
  /** Names the virtual host. */
  readonly amqpUrl: string;
}

/**
 * Reads one path of the API.
 *
 * @param path contains `{vhost}` where the name of the virtual host belongs
 * @returns the JSON of the response
 * @throws {DomainError} `dependency-unavailable` when the API does not respond with 2xx
 */
export async function readManagementApi<T>({ apiUrl, amqpUrl }: ManagementApi, path: string): Promise<T> {
  const vhost = decodeURIComponent(new URL(amqpUrl).pathname.slice(1)) || '/';
  const api = new URL(path.replace('{vhost}', encodeURIComponent(vhost)), apiUrl.replace(/\/?$/, '/'));
  const login = [api.username, api.password].map(decodeURIComponent).join(':');
  api.username = '';
  api.password = '';
  const headers = { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  try {
    const response = await fetch(api, { headers, signal: AbortSignal.timeout(API_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return (await response.json()) as T;
  } catch (error) {
    const { cause = error } = error as Error;
    throw unavailable(`the management API at ${api.host}`, cause);
  }
}
