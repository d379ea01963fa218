import { createHash } from 'node:crypto';
import type { ChannelModel, GetMessage } from 'amqplib';
import { redriveHeaders, type Told, toldOf } from './history.js';
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
   * @returns the letters that were sent
   * @throws {Unroutable} when the queue it came from is not there; the letter stays
   */
  readonly redrive: (ids?: readonly string[]) => Promise<DeadLetter[]>;
  /** Removes letters for good. @returns those that were removed */
  readonly discard: (ids: readonly string[]) => Promise<DeadLetter[]>;
}

/** The dead-letter queue, seen through one connection. Letters that are only looked at stay where they are. */
export function openDeadLetters(connection: ChannelModel): DeadLetters {
  /** Holds each letter unacknowledged until the walk is over: what `take` did not ask for goes back in its order. */
  async function walk(take: (letter: DeadLetter, message: GetMessage) => Promise<boolean>): Promise<DeadLetter[]> {
    const channel = await connection.createChannel();
    const taken: DeadLetter[] = [];
    try {
      const { messageCount } = await channel.checkQueue(ORDER_CREATE_DLQ);
      for (let seen = 0; seen < messageCount; seen++) {
        const message = await channel.get(ORDER_CREATE_DLQ);
        if (message === false) break;
        const letter = toLetter(message);
        if (!(await take(letter, message))) continue;
        channel.ack(message);
        taken.push(letter);
      }
    } finally {
      await channel.close();
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
    async redrive(ids) {
      const publisher = createPublisher({ window: 1, confirmTimeoutMs: 15_000 });
      await publisher.attach(connection);
      return await walk(async (letter, message) => {
        if (ids !== undefined && !ids.includes(letter.id)) return false;
        const { type, timestamp, contentType } = message.properties;
        const properties = {
          messageId: letter.id,
          ...(type && { type }),
          ...(timestamp && { timestamp }),
          ...(contentType && { contentType }),
          headers: redriveHeaders(message),
        };
        await publisher.publish({ exchange: '', routingKey: letter.queue, content: message.content, properties });
        return true;
      });
    },
    discard: (ids) => walk(async ({ id }) => ids.includes(id)),
  };
}

function toLetter(message: GetMessage): DeadLetter {
  const told = toldOf(message);
  const digest = () => createHash('sha256').update(message.content).digest('hex').slice(0, 12);
  return {
    ...told,
    id: message.properties.messageId || digest(),
    queue: told.queue ?? ORDER_CREATE_QUEUE,
    type: message.properties.type ?? '',
    body: message.content,
  };
}
