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
 * How many messages of a process may be unconfirmed: some 1.5 MB. With many messages waiting, a window of 500 costs a
 * fifth more CPU time for each message: less is written at once.
 */
export const PUBLISH_WINDOW = 2_000;

interface Publishing {
  readonly message: OutgoingMessage;
  readonly end: (error?: unknown) => void;
  /** Resolved or rejected already. */
  ended: boolean;
}

/**
 * Publishes with confirms in a bounded window. A message beyond the window waits no longer than the time-out of its
 * confirm. While an alarm of the broker holds confirms back, the socket's buffer therefore does not grow.
 *
 * Every checkout runs this code: a message needs one promise and one timer.
 *
 * @param options.window how many messages may be unconfirmed at the same time
 */
export function createPublisher(options: { readonly window: number; readonly confirmTimeoutMs: number }): Publisher {
  let link: ConfirmLink | undefined;
  let inFlight = 0;
  let sending = false;
  const waiting = createLine();

  async function attach(connection: ChannelModel): Promise<void> {
    link = await openConfirmLink(connection);
  }

  const publish = (message: OutgoingMessage, withinMs = options.confirmTimeoutMs): Promise<void> =>
    new Promise((resolve, reject) => {
      const publishing: Publishing = { message, end, ended: false };
      // The outcome of a message that was sent is then unknown, and the message stays in the window.
      const timer = setTimeout(() => {
        end(unavailable('the broker', new Error(`no confirm within ${withinMs} ms`)));
        waiting.dropEnded();
      }, withinMs);
      function end(error?: unknown): void {
        clearTimeout(timer);
        publishing.ended = true;
        if (error === undefined) resolve();
        else reject(error);
      }
      waiting.add(publishing);
      sendWaiting();
    });

  /** A loop, and no recursion: on a closed connection the sends of all waiting messages fail at once. */
  function sendWaiting(): void {
    if (sending) return;
    sending = true;
    while (inFlight < options.window) {
      const next = waiting.next();
      if (next === undefined) break;
      inFlight++;
      send(next);
    }
    sending = false;
  }

  function send({ message, end }: Publishing): void {
    const leave = (error?: unknown): void => {
      inFlight--;
      end(error);
      sendWaiting();
    };
    if (link === undefined) leave(unavailable('the broker', new Error('not connected')));
    else link(message, leave);
  }

  async function check(): Promise<void> {
    const nowhere = { exchange: '', routingKey: `order-bridge.nowhere.${uuid()}`, content: Buffer.alloc(0) };
    await publish({ ...nowhere, properties: { messageId: uuid() } }).catch((error) => {
      if (!(error instanceof Unroutable)) throw error;
    });
  }

  return { attach, publish, check, inFlight: () => inFlight };
}

/** First in, first out. An array that is shifted, or a Set, costs more for each message the more messages wait. */
function createLine() {
  const line: Publishing[] = [];
  let first = 0;

  function dropEnded(): void {
    while (line[first]?.ended) first++;
    if (first === 0 || first * 2 < line.length) return;
    line.splice(0, first);
    first = 0;
  }

  return {
    add: (publishing: Publishing) => void line.push(publishing),
    dropEnded,
    next(): Publishing | undefined {
      dropEnded();
      const next = line[first];
      if (next !== undefined) first++;
      return next;
    },
  };
}
