import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A request of the load. `host` and `content-length` are added. */
export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Makes the request with this number. The numbers of one run begin at 0. */
export type RequestAt = (index: number) => LoadRequest;

/**
 * A prepared list, sent in turn and from the beginning again; or a function `(options) => RequestAt` that a module
 * exports. The load calls the function in its own process.
 *
 * `module` is the URL of the module: `import.meta.url`.
 */
export type LoadRequests =
  | readonly LoadRequest[]
  | { readonly module: string; readonly name: string; readonly options?: unknown };

export interface LoadOptions {
  readonly url: string;
  /** Kept alive, each with one request at a time. Opened before the time is taken. */
  readonly connections: number;
  readonly requests: LoadRequests;
  /** How many requests, or for how long. */
  readonly amount: { readonly count: number } | { readonly seconds: number };
  /**
   * Requests a second. Without a rate each connection sends as fast as it gets answers. With a rate, a request that
   * waits for a free connection counts as late from the moment at which it was due (coordinated omission).
   */
  readonly rate?: number;
}

export interface LoadResult {
  /** The number of answers by status. `none` counts the requests without an answer. */
  readonly answers: Readonly<Record<string, number>>;
  /** Requests, with every status. */
  readonly count: number;
  readonly perSecond: number;
  /** Milliseconds from the request to the whole answer. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The time of the first request, by `Date.now()`. */
  readonly startedAt: number;
  /** The number of answers in each tenth of a second since `startedAt`. */
  readonly tenths: readonly number[];
  /** Why the first request without an answer failed. */
  readonly failure?: string;
}

export interface HttpLoad {
  /** One run at a time. */
  readonly run: (options: LoadOptions) => Promise<LoadResult>;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** Starts the process that sends the requests, so that its CPU time counts for no server. Several runs keep it warm. */
export function startHttpLoad(): HttpLoad {
  const child = fork(fileURLToPath(new URL('http-load-process.js', import.meta.url)), {
    execArgv: [],
    serialization: 'advanced',
    // A group of its own, so that its CPU time is counted apart.
    detached: true,
  });
  const ended = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    async run(options) {
      child.send(options);
      const [answer] = await Promise.race([
        once(child, 'message') as Promise<[LoadResult | Error]>,
        ended.then(([code, signal]) => Promise.reject(new Error(`the load has ended (${signal ?? code})`))),
      ]);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}

/** @throws when an answer has another status than `status` */
export function expectOnly(status: number, { answers, failure }: LoadResult): void {
  const others = Object.keys(answers).filter((each) => each !== String(status));
  if (others.length > 0) throw new Error(`expected only ${status}: ${JSON.stringify(answers)} ${failure ?? ''}`);
}
