import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelModel, GetMessage, MessagePropertyHeaders } from 'amqplib';
import { isUnavailable, messageOf } from '../domain/errors.js';
import { orderIdFrom } from '../domain/order-id.js';
import { closeChannel } from './close.js';
import { publishCopy } from './dead-letter.js';
import { redriveHeaders, type Told, toldOf, writtenHistory } from './history.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { createPublisher } from './publisher.js';
import { cameBackOften } from './redeliveries.js';
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

const PAUSE_MS = 2_000;

/**
 * The dead-letter queue, seen through one connection. Letters that are only looked at stay where they are. RabbitMQ
 * counts each look; a letter that was looked at often is held until the broker has taken a fresh copy of it, for as
 * long as that takes.
 *
 * @param say told when a letter is held, and why
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
    for (let told = false; ; told = true) {
      try {
        return await copyTo(ORDER_CREATE_DLQ, letter, message, writtenHistory(message));
      } catch (error) {
        if (!isUnavailable(error) || closed.aborted) throw error;
        if (!told) say(heldLine(letter, error));
        await sleep(PAUSE_MS, undefined, { signal: closed }).catch(() => undefined);
      }
    }
  }

  /** Holds each letter unacknowledged until the walk is over: what `take` did not ask for goes back in its order. */
  async function walk(
    take: (letter: DeadLetter, message: GetMessage) => Promise<boolean>,
    gone?: (letter: DeadLetter) => void,
  ): Promise<DeadLetter[]> {
    const channel = await connection.createChannel();
    const closed = new AbortController();
    // The rejected calls say why.
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
          // The walk comes to the copy at the end of the queue.
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
        // The broker answers the close after the acks before it.
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
