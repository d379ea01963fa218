import type { ChannelModel } from 'amqplib';
import { v7 as uuid } from 'uuid';
import { unavailable } from '../domain/errors.js';
import { type ConfirmLink, openConfirmLink, Unroutable } from './confirm-link.js';
import type { OutgoingMessage } from './outgoing-message.js';

export interface Publisher {
  /** Opens a confirm channel on a new connection. The unconfirmed messages of the old connection are rejected. */
  readonly attach: (connection: ChannelModel) => Promise<void>;
  /**
   * Resolves when the broker has confirmed the persistent message in a queue.
   *
   * A rejected message may have been sent all the same: publish it again with the same `messageId`.
   *
   * @param withinMs the time-out of the confirm; `confirmTimeoutMs` without it
   * @throws {Unroutable} when no queue is bound
   * @throws {DomainError} `dependency-unavailable` for a nack, for a connection that is lost before the confirm, and
   *   after the time-out. The message counts as unconfirmed until its late confirm
   * @throws {RangeError} when AMQP cannot carry the headers; a retry cannot succeed
   */
  readonly publish: (message: OutgoingMessage, withinMs?: number) => Promise<void>;
  /** Publishes a message that no queue receives, to check that the broker takes messages. @throws as `publish` does */
  readonly check: () => Promise<void>;
  /** Messages sent and not confirmed yet. */
  readonly inFlight: () => number;
}

/**
 * Publishes with confirms in a bounded window. A message beyond the window waits no longer than the time-out of its
 * confirm. While an alarm of the broker holds confirms back, the socket's buffer therefore does not grow.
 *
 * @param options.window how many messages may be unconfirmed at the same time
 */
export function createPublisher(options: { readonly window: number; readonly confirmTimeoutMs: number }): Publisher {
  let link: ConfirmLink | undefined;
  let inFlight = 0;
  const waiting = new Set<() => void>();

  async function attach(connection: ChannelModel): Promise<void> {
    link = await openConfirmLink(connection);
  }

  async function publish(message: OutgoingMessage, withinMs = options.confirmTimeoutMs): Promise<void> {
    const timeout = startTimeout(withinMs);
    try {
      await enter(timeout.late);
      await Promise.race([send(message).finally(leave), timeout.late]);
    } finally {
      timeout.clear();
    }
  }

  async function send(message: OutgoingMessage): Promise<void> {
    if (link === undefined) throw unavailable('the broker', new Error('not connected'));
    return link(message);
  }

  async function enter(late: Promise<never>): Promise<void> {
    if (inFlight < options.window) {
      inFlight++;
      return;
    }
    const { promise: turn, resolve: call } = Promise.withResolvers<void>();
    waiting.add(call);
    try {
      await Promise.race([turn, late]);
    } catch (error) {
      // The message has entered the window at the same moment, and leaves the window again.
      if (!waiting.delete(call)) leave();
      throw error;
    }
  }

  /** Lets the next waiting message enter the window. */
  function leave(): void {
    const [next] = waiting;
    if (next === undefined) inFlight--;
    else {
      waiting.delete(next);
      next();
    }
  }

  async function check(): Promise<void> {
    const nowhere = { exchange: '', routingKey: `order-bridge.nowhere.${uuid()}`, content: Buffer.alloc(0) };
    await publish({ ...nowhere, properties: { messageId: uuid() } }).catch((error) => {
      if (!(error instanceof Unroutable)) throw error;
    });
  }

  return { attach, publish, check, inFlight: () => inFlight };
}

/** Rejects after the time-out. The outcome of the message is then unknown, and the message stays in the window. */
function startTimeout(ms: number): { readonly late: Promise<never>; readonly clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable('the broker', new Error(`no confirm within ${ms} ms`))), ms);
  });
  return { late, clear: () => clearTimeout(timer) };
}
