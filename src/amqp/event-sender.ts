import { isUnavailable, messageOf } from '../domain/errors.js';
import type { DeliverEvents, ShopEvent } from '../domain/event.js';
import type { Log } from '../domain/log.js';
import { eventMessageOf } from './event-messages.js';
import type { Publisher } from './publisher.js';

/** Publishes events to the exchange of the events. An event that the broker does not confirm ends its list. */
export function createEventSender({
  publisher,
  log,
}: {
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly log: Log;
}): DeliverEvents {
  async function send(event: ShopEvent): Promise<boolean> {
    try {
      await publisher.publish(eventMessageOf(event));
      return true;
    } catch (error) {
      // The connection logs an outage once. Any other error needs a person.
      const level = isUnavailable(error) ? 'debug' : 'error';
      log[level]({ eventId: event.eventId, reason: messageOf(error) }, 'event not published, will be sent again');
      return false;
    }
  }

  return async (bySubject) => {
    const confirmed = new Set<string>();
    await Promise.all(
      bySubject.map(async (events) => {
        for (const event of events) {
          if (!(await send(event))) return;
          confirmed.add(event.eventId);
        }
      }),
    );
    return confirmed;
  };
}
