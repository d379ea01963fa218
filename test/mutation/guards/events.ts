import type { GuardedFile } from '../guard.js';

/** Each event is written once, and is delivered in the order of its subject. */
export const events: readonly GuardedFile[] = [
  {
    file: 'src/db/migrations/0017-events.js',
    guards: [
      {
        name: 'a number of an order is given once',
        text: 'ADD UNIQUE KEY one_sequence',
        without: 'ADD KEY one_sequence',
        test: ['db/events/order-events', 'a number is given once, also where two transactions believe that it is free'],
      },
    ],
  },
  {
    file: 'src/db/events/order-events.js',
    guards: [
      {
        name: 'the numbers of an order go up',
        text: 'SET event_count = event_count + ?',
        without: 'SET event_count = event_count + 0 * ?',
        test: [
          'db/events/order-events',
          'an order has an event for its checkout, each move, the reminder and its end, with numbers from 1',
        ],
      },
    ],
  },
  {
    file: 'src/db/events/undelivered.js',
    guards: [
      {
        name: 'the events that are delivered are locked',
        text: 'LIMIT ? FOR UPDATE SKIP LOCKED',
        without: 'LIMIT ?',
        test: [
          'db/events/delivery',
          'while one bridge holds an event, another delivers no later event of the order, and those of other orders',
        ],
      },
      {
        name: 'an event waits for those before it',
        text: '|| blocked.has(subject)',
        without: '',
        test: [
          'db/events/delivery',
          'while one bridge holds an event, another delivers no later event of the order, and those of other orders',
        ],
      },
    ],
  },
  {
    file: 'src/db/events/delivery.js',
    guards: [
      {
        name: 'new events are left to the endpoints first',
        text: "? ['for-broker'] : ['for-broker', 'new']",
        without: "? ['for-broker', 'new'] : ['for-broker', 'new']",
        test: [
          'db/endpoints/bridges',
          'while the broker holds its confirms back, new events are not locked by its delivery',
        ],
      },
      {
        name: 'an endpoint that was added during a delivery misses nothing',
        text: 'const claimed = isForEndpoints',
        without: 'const claimed = false',
        test: [
          'db/endpoints/bridges',
          'an endpoint that is added between the look and the locks of a delivery misses no event',
        ],
      },
      {
        name: 'only a confirmed event is marked',
        text: 'claimed.filter(({ event_id: id }) => confirmed.has(id))',
        without: 'claimed',
        test: [
          'db/events/delivery',
          'an event that was not confirmed stays, with all behind it of its order, and stops no other order',
        ],
      },
    ],
  },
  {
    file: 'src/db/events/old-events.js',
    guards: [
      {
        name: 'an event is kept for its time',
        text: 'WHERE delivered_at < UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND',
        without: 'WHERE delivered_at < UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND',
        test: [
          'db/events/delivery',
          'delivered events are deleted after their time, in bounded batches; an undelivered one stays',
        ],
      },
    ],
  },
  {
    file: 'src/db/payments/refunds.js',
    guards: [
      {
        name: 'a refund that is recorded already has no second event',
        text: 'if (affectedRows === 0)',
        without: 'if (false)',
        test: [
          'db/events/payment-events',
          'money that goes back is required, fails and succeeds, each once, behind the events of its order',
        ],
      },
    ],
  },
  {
    file: 'src/amqp/event-sender.js',
    guards: [
      {
        name: 'no event is sent behind one that was not confirmed',
        text: 'if (!(await send(event)))',
        without: 'if ((await send(event)) === undefined)',
        test: [
          'amqp/event-sender',
          'the next event of a list is sent after the confirm of the one before, and none after one that fails',
        ],
      },
    ],
  },
];
