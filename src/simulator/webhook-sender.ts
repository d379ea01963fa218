import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Webhook } from 'standardwebhooks';

/** An attempt to deliver a webhook. Without an answer `status` is null, and `error` has the reason. */
export type Delivery = { webhookId: string; attempt: number; at: string; status: number | null; error?: string };

/** Each attempt sends the same bytes, with a timestamp and a signature of its own. */
export type WebhookMessage = { webhookId: string; url: string; body: string };

/** How often and how long a provider retries. Times are in milliseconds. */
export type Retries = { attempts: number; firstDelay: number; longestDelay: number; timeout: number };

/** The pauses add up to about half a minute: longer than a restart of the API. */
const DEFAULT_RETRIES: Retries = { attempts: 10, firstDelay: 200, longestDelay: 10_000, timeout: 5_000 };

type Deps = { secret: string; clock: () => Date; logger: Logger; retries?: Partial<Retries> | undefined };

/** Signs webhooks by Standard Webhooks, and retries until the shop answers or the attempts are used up. */
export function createWebhookSender({ secret, clock, logger, retries }: Deps) {
  const { attempts, firstDelay, longestDelay, timeout } = { ...DEFAULT_RETRIES, ...retries };
  const webhook = new Webhook(secret);
  const closing = new AbortController();
  const unfinished = new Set<Promise<void>>();

  async function post({ webhookId, url, body }: WebhookMessage, attempt: number): Promise<Delivery> {
    const at = clock();
    const base = { webhookId, attempt, at: at.toISOString() };
    const headers = {
      'content-type': 'application/json',
      'webhook-id': webhookId,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': webhook.sign(webhookId, at, body),
    };
    try {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeout)]);
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      await response.body?.cancel();
      return { ...base, status: response.status };
    } catch (error) {
      const { cause, message } = error as Error;
      return { ...base, status: null, error: cause instanceof Error ? cause.message || cause.name : message };
    }
  }

  const isSettled = ({ status }: Delivery) => status !== null && status < 500 && status !== 429;

  async function keepTrying(message: WebhookMessage, record: (delivery: Delivery) => void): Promise<void> {
    for (let attempt = 2; attempt <= attempts; attempt += 1) {
      const delay = Math.min(longestDelay, firstDelay * 2 ** (attempt - 2));
      await sleep(delay * (0.5 + Math.random() / 2), undefined, { signal: closing.signal });
      const delivery = await post(message, attempt);
      record(delivery);
      if (isSettled(delivery)) return;
    }
    logger.warn({ webhookId: message.webhookId, attempts }, 'webhook given up');
  }

  /**
   * Resolves after the first attempt, also after a failed one. Retries go on in the background. Each attempt is passed
   * to `record`.
   */
  async function send(message: WebhookMessage, record: (delivery: Delivery) => void): Promise<void> {
    const first = await post(message, 1);
    record(first);
    if (isSettled(first) || closing.signal.aborted) return;
    const rest: Promise<void> = keepTrying(message, record)
      .catch((error: unknown) => {
        if (!closing.signal.aborted) logger.error({ err: error, webhookId: message.webhookId }, 'webhook retry failed');
      })
      .finally(() => unfinished.delete(rest));
    unfinished.add(rest);
  }

  /** Resolves when every webhook so far is accepted, refused or given up. */
  async function idle(): Promise<void> {
    await Promise.all(unfinished);
  }

  /** Gives up the webhooks that are still being retried. */
  async function close(): Promise<void> {
    closing.abort();
    await idle();
  }

  return { send, idle, close };
}

export type WebhookSender = ReturnType<typeof createWebhookSender>;
