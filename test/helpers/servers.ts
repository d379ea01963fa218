import { randomBytes } from 'node:crypto';
import { connectMysql, retried } from './retried.js';

/** The servers of this test run. `test/run.ts` starts them once and passes their addresses in the environment. */

function address(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: run the tests with "npm test", which starts servers for them`);
}

const unique = (): string => randomBytes(6).toString('hex');

export interface Disposable {
  readonly url: string;
  drop(): Promise<void>;
}

async function onMysql(statement: string): Promise<void> {
  const connection = await connectMysql(address('TEST_MYSQL_URL'));
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}

/** What registers a clean-up; ava's test context is one. */
interface Teardown {
  teardown(cleanUp: () => Promise<void>): void;
}

function disposable(t: Teardown | undefined, url: string, drop: () => Promise<void>): Disposable {
  t?.teardown(drop);
  return { url, drop };
}

/** A new, empty database; with the test's context it is dropped at the test's end. */
export async function createDatabase(t?: Teardown): Promise<Disposable> {
  const name = `test_${unique()}`;
  await onMysql(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const url = new URL(address('TEST_MYSQL_URL'));
  url.pathname = `/${name}`;
  return disposable(t, url.href, () => onMysql(`DROP DATABASE IF EXISTS ${name}`));
}

async function onManagementApi(method: string, path: string, body?: unknown): Promise<void> {
  const api = new URL(path, address('TEST_RABBITMQ_API_URL'));
  const authorization = `Basic ${Buffer.from(`${api.username}:${api.password}`).toString('base64')}`;
  api.username = '';
  api.password = '';
  await retried(async () => {
    const response = await fetch(api, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok && response.status !== 404) {
      throw new Error(`${method} ${api.pathname} answered ${response.status}: ${await response.text()}`);
    }
  });
}

/** A new, empty virtual host for this test; with the test's context it is deleted at the test's end. */
export async function createVhost(t?: Teardown): Promise<Disposable> {
  const name = `test-${unique()}`;
  const url = new URL(address('TEST_AMQP_URL'));
  await onManagementApi('PUT', `/api/vhosts/${name}`, {});
  const all = { configure: '.*', write: '.*', read: '.*' };
  await onManagementApi('PUT', `/api/permissions/${name}/${url.username}`, all);
  url.pathname = `/${name}`;
  return disposable(t, url.href, () => onManagementApi('DELETE', `/api/vhosts/${name}`));
}

/**
 * An account that may read and write on this virtual host and not configure it, as the account of the processes in
 * docs/running.md.
 */
export async function createAccountWithoutConfigure(vhostUrl: string): Promise<Disposable> {
  const url = new URL(vhostUrl);
  url.username = `test-${unique()}`;
  const path = `/api/users/${url.username}`;
  await onManagementApi('PUT', path, { password: url.password, tags: '' });
  const rights = { configure: '^$', write: '.*', read: '.*' };
  await onManagementApi('PUT', `/api/permissions${url.pathname}/${url.username}`, rights);
  return { url: url.href, drop: () => onManagementApi('DELETE', path) };
}

export const temporal = {
  get address(): string {
    return address('TEST_TEMPORAL_ADDRESS');
  },
  namespace: 'default',
  get uiUrl(): string {
    return address('TEST_TEMPORAL_UI_URL');
  },
};

/** A task queue that no other test polls. */
export const taskQueue = (): string => `test-${unique()}`;
