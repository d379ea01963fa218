import { createHash } from 'node:crypto';
import type { ChannelModel, GetMessage, MessagePropertyHeaders } from 'amqplib';
import { orderIdFrom } from '../domain/order-id.js';
import { publishCopy } from './dead-letter.js';
import { deliveryCount, redriveHeaders, type Told, toldOf, writtenHistory } from './history.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { createPublisher } from './publisher.js';
import { ORDER_CREATE_DLQ, ORDER_CREATE_QUEUE } from './topology.js';

/** A message that nobody could handle, and what it has been through. */
export interface DeadLetter extends Told {
  readonly id: string;
  /** Where it failed, and where a redrive sends it. */
  readonly queue: string;
  readonly type: string;
  readonly body: Buffer;
}

export interface DeadLetters {
  readonly list: () => Promise<DeadLetter[]>;
  /**
   * Sends letters back to the queue they failed in, with their history; each is confirmed there before it leaves the
   * dead-letter queue. Killed in between, a letter is in both, and handling it twice changes nothing. A letter that
   * fails again meanwhile is not taken a second time.
   *
   * @param ids those to send; all when it is left out
   * @param sent told of each letter as soon as it is confirmed in its queue
   * @returns the letters that were sent
   * @throws {Unroutable} when the queue it came from is not there; the letter stays
   */
  readonly redrive: (ids?: readonly string[], sent?: (letter: DeadLetter) => void) => Promise<DeadLetter[]>;
  /**
   * Removes letters for good.
   *
   * @param removed told of each letter once the broker has let go of it, also where a later one fails
   * @returns those that were removed
   */
  readonly discard: (ids: readonly string[], removed?: (letter: DeadLetter) => void) => Promise<DeadLetter[]>;
}

/** RabbitMQ 4 drops what a quorum queue was given back twenty times, and a look at a letter gives it back. */
const LOOKS = 10;

/**
 * The dead-letter queue, seen through one connection. Letters that are only looked at stay where they are; one that
 * was looked at often goes to the end of the queue as a fresh copy.
 */
export function openDeadLetters(connection: ChannelModel): DeadLetters {
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

  /** Holds each letter unacknowledged until the walk is over: what `take` did not ask for goes back in its order. */
  async function walk(
    take: (letter: DeadLetter, message: GetMessage) => Promise<boolean>,
    gone?: (letter: DeadLetter) => void,
  ): Promise<DeadLetter[]> {
    const channel = await connection.createChannel();
    const taken: DeadLetter[] = [];
    try {
      const { messageCount } = await channel.checkQueue(ORDER_CREATE_DLQ);
      for (let seen = 0; seen < messageCount; seen++) {
        const message = await channel.get(ORDER_CREATE_DLQ);
        if (message === false) break;
        const letter = toLetter(message);
        if (await take(letter, message)) taken.push(letter);
        else if (deliveryCount(message) < LOOKS) continue;
        else await copyTo(ORDER_CREATE_DLQ, letter, message, writtenHistory(message));
        channel.ack(message);
      }
    } finally {
      // The broker answers the close after the acks before it.
      await channel.close();
      for (const letter of taken) gone?.(letter);
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

function toLetter(message: GetMessage): DeadLetter {
  const told = toldOf(message);
  const digest = () => createHash('sha256').update(message.content).digest('hex').slice(0, 12);
  return {
    ...told,
    id: orderIdFrom(String(message.properties.messageId || digest())),
    queue: told.queue ?? ORDER_CREATE_QUEUE,
    type: message.properties.type ?? '',
    body: message.content,
  };
}
