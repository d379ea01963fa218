import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import { createSimulator, type SimulatorDeps } from '../../src/simulator/create-simulator.js';
import type { Payment, Refund } from '../../src/simulator/ledger.js';
import type { Delivery } from '../../src/simulator/webhook-sender.js';

export const secret = 'whsec_ZGV2ZWxvcG1lbnQtb25seS1zZWNyZXQh';
export const order = { orderId: 'order-1', amount: 1999, currency: 'EUR' };

export type PaymentView = Payment & { refunds: Refund[]; deliveries: Delivery[] };
export type Problem = {
  title: string;
  status: number;
  detail: string;
  instance: string;
  errors?: { pointer: string }[];
};
export type Answer<T> = { status: number; type: string | null; body: T };
type Received = { headers: IncomingHttpHeaders; body: string };

/** A shop that answers with the given statuses in turn, then 204; `reset` drops the connection. */
export async function startShop(t: ExecutionContext, ...answers: (number | 'reset')[]) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    const answer = answers.shift() ?? 204;
    if (answer === 'reset') request.socket.destroy();
    else response.writeHead(answer).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/payment`, received };
}

/** A simulator on a free port that retries within milliseconds, and a client for it. */
export async function startSimulator(t: ExecutionContext, webhookUrl: string, more: Partial<SimulatorDeps> = {}) {
  const logger = pino({ level: 'silent' });
  const retries = { firstDelay: 1, longestDelay: 5 };
  const simulator = createSimulator({ secret, webhookUrl, logger, retries, ...more });
  const url = await simulator.listen(0);
  t.teardown(simulator.close);
  return { ...createClient(url), simulator };
}

export function createClient(url: string) {
  const call = async <T>(method: string, path: string, body?: unknown, headers = {}): Promise<Answer<T>> => {
    const json = { 'content-type': 'application/json', ...headers };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${url}${path}`, { method, headers: json, ...(body !== undefined && { body: text }) });
    return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as T };
  };
  const post = <T>(path: string, body: unknown, headers = {}) => call<T>('POST', path, body, headers);
  const refund = <T = Refund>(key: string, body: unknown) => post<T>('/refunds', body, { 'idempotency-key': key });
  const get = <T>(path: string) => call<T>('GET', path);
  const payment = async (id: string) => (await get<PaymentView>(`/payments/${id}`)).body;
  return { url, post, get, refund, payment };
}
