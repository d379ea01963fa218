import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Dispatcher } from 'undici';
import type { LoadOptions, LoadRequests, LoadResult, RequestAt } from './http-load.js';
import { quantile } from './timing.js';

/** The process of `startHttpLoad`: runs each load that its parent sends, and ends with its parent. */

process.on('message', (options: LoadOptions) => {
  run(options).then(
    (result) => process.send?.(result),
    (error) => process.send?.(error),
  );
});
process.on('disconnect', () => process.exit());

async function run(options: LoadOptions): Promise<LoadResult> {
  const { url, amount, rate, connections } = options;
  const request = await requestsOf(options.requests);
  const seconds = 'seconds' in amount ? amount.seconds : Number.POSITIVE_INFINITY;
  const count = 'count' in amount ? amount.count : rate === undefined ? Number.POSITIVE_INFINITY : seconds * rate;
  const answers: Record<string, number> = {};
  const latencies: number[] = [];
  const tenths: number[] = [];
  let failure: string | undefined;
  let sent = 0;

  const clients = await Promise.all(Array.from({ length: connections }, () => connect(url)));
  const startedAt = Date.now();
  const start = performance.now();
  const end = rate === undefined ? start + seconds * 1_000 : Number.POSITIVE_INFINITY;

  const send = async (client: Client): Promise<void> => {
    while (sent < count && performance.now() < end) {
      const index = sent++;
      const due = rate === undefined ? 0 : start + (index * 1_000) / rate;
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      // A timer that fires late delays this process, and not the server.
      const from = rate === undefined || early > 0 ? performance.now() : due;
      const status = await statusOf(client, request(index)).catch((error) => {
        failure ??= String(error);
        return 'none';
      });
      const now = performance.now();
      const tenth = Math.floor((now - start) / 100);
      latencies.push(now - from);
      answers[status] = (answers[status] ?? 0) + 1;
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
  };
  await Promise.all(clients.map(send));
  const perSecond = (latencies.length * 1_000) / (performance.now() - start);
  await Promise.all(clients.map((client) => client.close()));
  return {
    answers,
    count: latencies.length,
    perSecond,
    latency: { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), max: quantile(latencies, 1) },
    startedAt,
    tenths: Array.from(tenths, (each = 0) => each),
    ...(failure !== undefined && { failure }),
  };
}

async function requestsOf(requests: LoadRequests): Promise<RequestAt> {
  if (!('module' in requests)) return (index) => requests[index % requests.length] as (typeof requests)[number];
  const module = (await import(requests.module)) as Record<
    string,
    (options: unknown) => RequestAt | Promise<RequestAt>
  >;
  const factory = module[requests.name];
  if (factory === undefined) throw new Error(`${requests.module} exports no ${requests.name}`);
  return await factory(requests.options);
}

/** A client opens its connection with its first request, which no figure may count. */
async function connect(url: string): Promise<Client> {
  const client = new Client(url, { pipelining: 1, bodyTimeout: 60_000, headersTimeout: 60_000 });
  await statusOf(client, { method: 'GET', path: '/livez' });
  return client;
}

/** Not `request`: its stream for the answer's body doubles the CPU time of a request. */
function statusOf(client: Client, { method, path, headers, body }: ReturnType<RequestAt>): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0;
    const handler: Dispatcher.DispatchHandler = {
      // undici takes a handler without this method for one of its older interface.
      onRequestStart: () => undefined,
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseEnd: () => resolve(status),
      onResponseError: (_controller, error) => reject(error),
    };
    client.dispatch({ method, path, body: body ?? null, ...(headers && { headers: { ...headers } }) }, handler);
  });
}
