/** How the shop's requests look. `ours` signs its webhooks and reads an order with the order's own token. */
export type Dialect =
  | { readonly kind: 'peer' }
  | { readonly kind: 'ours'; readonly webhookSecret: string; readonly currency: string };

export interface Order {
  readonly orderId: string;
  readonly amount: number;
  readonly readToken?: string;
}

interface Line {
  readonly sku: string;
  readonly price: number;
  readonly count: number;
}

export interface Task {
  readonly url: string;
  readonly dialect: Dialect;
  readonly connections: number;
  readonly work: /** Checkouts of one unit each. Without `key` each has its own key. `isTolerant` counts failed requests as failed. */
    | (Line & { readonly kind: 'checkout'; readonly key?: string; readonly isTolerant?: boolean })
    /** Webhooks, `times` for each order at the same moment. */
    | { readonly kind: 'pay'; readonly orders: readonly Order[]; readonly times: number }
    /**
     * Orders that are placed at a fixed rate, each paid `afterMs` later: measures the time from the webhook to the first
     * GET that says `paid`.
     */
    | (Line & { readonly kind: 'pay-at-rate'; readonly perSecond: number; readonly afterMs: number })
    /** Each order is paid as soon as it is placed. */
    | (Line & { readonly kind: 'place-and-pay' })
    | { readonly kind: 'statuses'; readonly orders: readonly Order[] };
}

export interface Result {
  readonly orders: readonly Order[];
  readonly refused: number;
  readonly failed: number;
  readonly statuses: readonly string[];
  /** Milliseconds: of each checkout, or from each webhook to `paid`. */
  readonly waits: readonly number[];
  /** Milliseconds of the whole task. */
  readonly tookMs: number;
}

export interface Question {
  readonly id: number;
  /** Without a task the question is how many checkouts the running task has got accepted. */
  readonly task?: Task;
}

export interface Answer {
  readonly id: number;
  readonly result?: Result;
  readonly accepted?: number;
  readonly error?: string;
}
