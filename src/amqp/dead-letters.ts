import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelModel, GetMessage, MessagePropertyHeaders } from 'amqplib';
import { isUnavailable, messageOf } from '../domain/errors.js';
import { orderIdFrom } from '../domain/order-id.js';
import { closeChannel } from './close.js';
import { publishCopy } from './dead-letter.js';
import { type LetterHistory, letterHistoryOf, redriveHeaders, writtenHistory } from './history.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { createPublisher } from './publisher.js';
import { cameBackOften } from './redeliveries.js';
import { ORDER_CREATE_DLQ, ORDER_CREATE_QUEUE } from './topology.js';

/** A message that no consumer could handle, and its history. */
export interface DeadLetter extends LetterHistory {
  readonly id: string;
  /** The queue in which the message failed, and to which a redrive sends the message. */
  readonly queue: string;
  readonly type: string;
  readonly body: Buffer;
}

export interface DeadLetters {
  readonly list: () => Promise<DeadLetter[]>;
  /**
   * Sends letters back to the queue in which they failed, with their history. The broker confirms each letter in its
   * queue before the letter leaves the dead-letter queue. When the process dies in between, the letter is in both
   * queues, and handling the message twice changes nothing. A letter that fails again meanwhile is not sent a second
   * time.
   *
   * @param ids the letters to send; all letters without it
   * @param sent called for each letter as soon as the letter is confirmed in its queue
   * @returns the letters that were sent
   * @throws {Unroutable} when the letter's queue does not exist; the letter stays
   */
  readonly redrive: (ids?: readonly string[], sent?: (letter: DeadLetter) => void) => Promise<DeadLetter[]>;
  /**
   * Removes letters for good.
   *
   * @param removed called for each letter that the broker has removed, also when a later letter fails
   * @returns the letters that were removed
   */
  readonly discard: (ids: readonly string[], removed?: (letter: DeadLetter) => void) => Promise<DeadLetter[]>;
}

/** Between two tries to publish the copy of a held letter. A rule of thumb. */
const PAUSE_MS = 2_000;

/**
 * The dead-letter queue, through one connection. A letter that is only looked at stays in the queue. RabbitMQ counts
 * each look as a return. A letter that was looked at often is held until the broker has confirmed a fresh copy of the
 * letter, however long that takes.
 *
 * @param say called with a line that names the held letter and the reason
 */
export function openDeadLetters(connection: ChannelModel, say: (line: string) => void): DeadLetters {
  const publisher = createPublisher({ window: 1, confirmTimeoutMs: 15_000 });
  let attached: Promise<void> | undefined;
  async function publish(message: OutgoingMessage): Promise<void> {
    attached ??= publisher.attach(connection);
    await attached;
    await publisher.publish(message);
  }
  const copyTo = (routingKey: string, { id }: DeadLetter, message: GetMessage, headers: MessagePropertyHeaders) => {
    const named = { ...message, properties: { ...message.properties, messageId: id } };
    return publishCopy(publish, { exchange: '', routingKey }, named, headers);
  };

  async function renew(letter: DeadLetter, message: GetMessage, closed: AbortSignal): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      try {
        return await copyTo(ORDER_CREATE_DLQ, letter, message, writtenHistory(message));
      } catch (error) {
        if (!isUnavailable(error) || closed.aborted) throw error;
        if (isFirst) say(heldLine(letter, error));
        await sleep(PAUSE_MS, undefined, { signal: closed }).catch(() => undefined);
      }
    }
  }

  /** Holds each letter unacked until the end of the walk. The letters that `take` leaves go back in their order. */
  async function walk(
    take: (letter: DeadLetter, message: GetMessage) => Promise<boolean>,
    gone?: (letter: DeadLetter) => void,
  ): Promise<DeadLetter[]> {
    const channel = await connection.createChannel();
    const closed = new AbortController();
    // The rejected calls have the error; without a listener the event would be an uncaught exception.
    channel.on('error', () => undefined);
    channel.on('close', () => closed.abort());
    const taken: DeadLetter[] = [];
    try {
      const { messageCount } = await channel.checkQueue(ORDER_CREATE_DLQ);
      for (let left = messageCount; left > 0; ) {
        const message = await channel.get(ORDER_CREATE_DLQ);
        if (message === false) break;
        const letter = toLetter(message);
        if (cameBackOften(message)) {
          // The walk reaches the copy at the end of the queue.
          await renew(letter, message, closed.signal);
          channel.ack(message);
          continue;
        }
        left--;
        if (!(await take(letter, message))) continue;
        taken.push(letter);
        channel.ack(message);
      }
    } finally {
      if (!closed.signal.aborted) {
        // The broker answers the close only after the acks, so the taken letters are gone then.
        await closeChannel(channel);
        for (const letter of taken) gone?.(letter);
      }
    }
    return taken;
  }

  return {
    async list() {
      const letters: DeadLetter[] = [];
      await walk(async (letter) => {
        letters.push(letter);
        return false;
      });
      return letters;
    },
    async redrive(ids, sent) {
      return await walk(async (letter, message) => {
        if (ids !== undefined && !ids.includes(letter.id)) return false;
        await copyTo(letter.queue, letter, message, redriveHeaders(message));
        sent?.(letter);
        return true;
      });
    },
    discard: (ids, removed) => walk(async ({ id }) => ids.includes(id), removed),
  };
}

const heldLine = ({ id }: DeadLetter, error: unknown): string =>
  `Dead letter ${id} was looked at often, and RabbitMQ takes no copy of it now (${messageOf(error)}). ` +
  'This waits until RabbitMQ does: a letter that is given back too often may be dropped.';

function toLetter(message: GetMessage): DeadLetter {
  const history = letterHistoryOf(message);
  const digest = () => createHash('sha256').update(message.content).digest('hex').slice(0, 12);
  return {
    ...history,
    id: orderIdFrom(String(message.properties.messageId || digest())),
    queue: history.queue ?? ORDER_CREATE_QUEUE,
    type: message.properties.type ?? '',
    body: message.content,
  };
}
