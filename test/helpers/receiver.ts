import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that an endpoint has got. */
export interface Received {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly sequence: number | null;
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
}

export interface TestReceiver {
  readonly url: string;
  /** What was answered 2xx by the default answer. */
  readonly received: Received[];
  /** What came, in its order, whatever the answer. */
  readonly asked: Received[];
  /** How the next requests are answered; 204 by default. */
  answer: (request: Received, response: ServerResponse) => void | Promise<void>;
  /** Closes the port, with all connections. */
  readonly stop: () => Promise<void>;
  /** Opens the same port again. */
  readonly start: () => Promise<void>;
}

/** An endpoint of another system, on a port of its own until the test ends. */
export async function createReceiver(t: { teardown(cleanUp: () => Promise<void>): void }): Promise<TestReceiver> {
  const received: Received[] = [];
  const asked: Received[] = [];
  const take = (request: Received, response: ServerResponse): void => {
    received.push(request);
    response.writeHead(204).end();
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString();
    const { id, type, subject, sequence } = JSON.parse(raw) as Received;
    const one: Received = { id, type, subject, sequence, headers: request.headers, raw };
    asked.push(one);
    await receiver.answer(one, response);
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  t.teardown(stop);
  const receiver: TestReceiver = {
    url: `http://127.0.0.1:${port}/events`,
    received,
    asked,
    answer: take,
    stop,
    start: () => listen(port),
  };
  return receiver;
}

/** The types that came of each subject, in their order, without the repetitions of an event that came before. */
export function typesBySubject(received: readonly Received[]): Record<string, string[]> {
  const seen = new Set<string>();
  const first = received.filter(({ id }) => !seen.has(id) && seen.add(id));
  return Object.fromEntries(
    [...Map.groupBy(first, ({ subject }) => subject)].map(([subject, all]) => [subject, all.map(({ type }) => type)]),
  );
}
