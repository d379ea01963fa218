import type { ChannelModel } from 'amqplib';
import { v7 as uuid } from 'uuid';
import { unavailable } from '../domain/errors.js';
import { type ConfirmLink, openConfirmLink, Unroutable } from './confirm-link.js';
import type { OutgoingMessage } from './outgoing-message.js';

export interface Publisher {
  /** Opens a new confirm channel on a new connection; what was unconfirmed on the old one is rejected. */
  readonly attach: (connection: ChannelModel) => Promise<void>;
  /**
   * Resolves when the broker has confirmed the message into a queue, persistent.
   *
   * A rejection never means that it was not sent: publish again with the same `messageId`.
   *
   * @param withinMs how long the confirm is waited for; `confirmTimeoutMs` without it
   * @throws {Unroutable} when no queue is bound
   * @throws {DomainError} `dependency-unavailable` when nacked, when the connection went before the confirm came, or
   *   when it did not come in time; a late one then frees the message's place in the window, and no more
   * @throws {RangeError} when its headers cannot be written in AMQP, which no other try will mend
   */
  readonly publish: (message: OutgoingMessage, withinMs?: number) => Promise<void>;
  /** Whether the broker takes messages now, found out by one that no queue gets. @throws as `publish` does */
  readonly check: () => Promise<void>;
  /** Messages sent and not confirmed yet. */
  readonly inFlight: () => number;
}

/**
 * Publishes with confirms in a bounded window. A message beyond the window waits, no longer than for a confirm; while
 * the broker's alarm holds confirms back, nothing piles up in the socket.
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
    let call = (): void => undefined;
    const turn = new Promise<void>((resolve) => {
      call = resolve;
    });
    waiting.add(call);
    try {
      await Promise.race([turn, late]);
    } catch (error) {
      // The turn may have come in the same moment; then it is passed on.
      if (!waiting.delete(call)) leave();
      throw error;
    }
  }

  /** The place goes straight to the next in line, so that it wakes whatever becomes of its own message. */
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

/** A confirm that does not come is an unknown: the caller goes on, and the place in the window stays taken. */
function startTimeout(ms: number): { readonly late: Promise<never>; readonly clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable('the broker', new Error(`no confirm within ${ms} ms`))), ms);
  });
  return { late, clear: () => clearTimeout(timer) };
}
