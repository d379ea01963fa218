import type { GuardedFile } from '../guard.js';

/** No message is lost between the outbox, the queues and the dead letters. */
export const messages: readonly GuardedFile[] = [
  {
    file: 'src/amqp/confirm-link.js',
    guards: [
      {
        name: 'mandatory: true',
        text: 'mandatory: !mayBeUnheard',
        without: 'mandatory: false',
        test: ['amqp/publisher', 'a message that no queue accepts is unroutable'],
      },
      {
        name: 'an event may be unheard',
        text: 'mayBeUnheard = false',
        without: 'heard: mayBeUnheard = false',
        test: [
          'amqp/event-sender',
          'an event that no queue takes is confirmed, and an event without a number has no sequence',
        ],
      },
      {
        name: 'persistent: true',
        text: 'persistent: true',
        without: 'persistent: false',
        test: ['amqp/publisher', 'a confirmed message is in its queue, persistent and with its properties'],
      },
      {
        name: 'a returned message is not confirmed',
        text: 'else if (unroutable)',
        without: 'else if (false)',
        test: ['amqp/publisher', 'a message that no queue accepts is unroutable'],
      },
      {
        name: 'a nack is not a confirm',
        text: 'if (error)\n',
        without: 'if (false)\n',
        test: ['amqp/publisher', 'a nack is an outage'],
      },
    ],
  },
  {
    file: 'src/amqp/publisher.js',
    guards: [
      {
        name: 'a publish waits for its confirm',
        text: 'link(message, leave);',
        without: 'link(message, () => undefined), leave();',
        test: ['amqp/publisher', 'a publish resolves only after its confirm'],
      },
      {
        name: 'no more messages than the window are unconfirmed',
        text: 'inFlight < options.window',
        without: 'true',
        test: ['amqp/publisher', 'no more messages than the window are unconfirmed, and all messages arrive'],
      },
    ],
  },
  {
    file: 'src/amqp/relay.js',
    guards: [
      {
        name: 'a row is marked after its confirm',
        text: 'await publisher.publish(',
        without: 'void publisher.publish(',
        test: ['amqp/relay', 'a row is marked only after its confirm'],
      },
    ],
  },
  {
    file: 'src/db/checkouts/outbox.js',
    guards: [
      {
        name: 'the outbox is WHERE published_at IS NULL',
        text: 'WHERE published_at IS NULL AND',
        without: 'WHERE',
        test: ['db/outbox', 'a marked checkout leaves the outbox, and the other checkouts stay'],
      },
      {
        name: 'a row is marked WHERE published_at IS NULL',
        text: ' AND published_at IS NULL',
        without: '',
        test: ['db/outbox', 'a second mark keeps the time of the first confirm'],
      },
    ],
  },
  {
    file: 'src/amqp/move.js',
    guards: [
      {
        name: 'a dead letter is confirmed before the ack',
        text: 'await deadLetter(publish,',
        without: 'void deadLetter(publish,',
        test: ['amqp/consumer-confirms', 'park: nothing is acked before the copy is confirmed'],
      },
      {
        name: 'a retry is confirmed before the ack',
        text: 'return await putBack(publish, queue, message, historyOf(message, move.reason))',
        without: 'return void putBack(publish, queue, message, historyOf(message, move.reason))',
        test: ['amqp/consumer-confirms', 'retry: nothing is acked before the copy is confirmed'],
      },
      {
        name: 'a copy that is put back is confirmed before the ack',
        text: 'return await putBack(publish, queue, message, historyOf(message))',
        without: 'return void putBack(publish, queue, message, historyOf(message))',
        test: ['amqp/consumer-confirms', 'put-back: nothing is acked before the copy is confirmed'],
      },
    ],
  },
  {
    file: 'src/amqp/delivery.js',
    guards: [
      {
        name: 'a message without an answer is parked in the end',
        text: 'cameBackTooOften(message)',
        without: 'false',
        test: [
          'amqp/redeliveries',
          'a message that ends the process each time is parked, and the other messages are handled',
        ],
      },
      {
        name: 'a message that was often redelivered is not held for an outage',
        text: ' || cameBackOften(message))',
        without: ')',
        test: [
          'amqp/redeliveries',
          'the broker counts one return for each restart, and thirty restarts drop and double no message',
        ],
      },
      {
        name: 'a message that the dead-letter queue does not accept for long is put back as a fresh copy',
        text: "final = { kind: 'put-back' };",
        without: '',
        test: [
          'amqp/redeliveries',
          'a message that the dead-letter queue does not accept for long goes to the end of its own queue as a fresh copy',
        ],
      },
      {
        name: 'a message that the broker redelivers is not copied',
        text: ' || attachment.closed.aborted)',
        without: ')',
        test: [
          'amqp/consumer-confirms',
          'a delivery whose channel has closed is not copied, because the broker redelivers it',
        ],
      },
      {
        name: 'a message is tried three times',
        text: 'MAX_ATTEMPTS = 3',
        without: 'MAX_ATTEMPTS = 4',
        test: [
          'amqp/consumer',
          'quorum: a message that fails is tried three times, and is then moved with its history',
        ],
      },
      {
        name: 'a wait for a dependency uses up no attempt',
        text: 'isUnavailable(error)',
        without: 'false',
        test: [
          'amqp/consumer',
          'quorum: a message that waits for a dependency is acked when the dependency is back, and loses no attempt',
        ],
      },
    ],
  },
  {
    file: 'src/amqp/order-create.js',
    guards: [
      {
        name: 'an order without a checkout starts nothing',
        text: '!(await deps.isKnown(orderId))',
        without: 'false',
        test: ['amqp/handlers', 'a create message for an unknown order is parked, and starts no workflow'],
      },
    ],
  },
  {
    file: 'src/amqp/consumer.js',
    guards: [
      {
        name: 'messages are consumed without noAck',
        text: 'channel.consume(queue, receive)',
        without: 'channel.consume(queue, receive, { noAck: true })',
        test: ['amqp/consumer', 'quorum: a message whose connection is cut during the handling is redelivered'],
      },
      {
        name: 'prefetch',
        text: 'await channel.prefetch(prefetch);',
        without: '',
        test: ['amqp/consumer', 'no more deliveries than the prefetch are handled at the same time'],
      },
      {
        name: 'a message that was often redelivered is handled alone',
        text: '!cameBackOften(message)',
        without: 'true',
        test: [
          'amqp/redeliveries',
          'a message that ends the process each time is parked, and the other messages are handled',
        ],
      },
      {
        name: 'a suspended consumer waits until the broker accepts messages',
        text: 'await options.checkPublish();',
        without: '',
        test: [
          'amqp/redeliveries',
          'the consumer checks the broker before it takes a message again, when the broker has accepted no copy for hours',
        ],
      },
    ],
  },
  {
    file: 'src/amqp/dead-letters.js',
    guards: [
      {
        name: 'a redriven letter leaves the queue after the confirm',
        text: 'await copyTo(letter.queue,',
        without: 'void copyTo(letter.queue,',
        test: ['amqp/dead-letters', 'a dead letter whose queue does not exist stays until the queue exists'],
      },
      {
        name: 'a letter that was read often is returned only by its copy',
        text: 'cameBackOften(message)',
        without: 'false',
        test: [
          'amqp/dead-letters',
          'a dead letter that is listed often is not dropped by the broker, and keeps its history',
        ],
      },
      {
        name: 'dead letters are read without noAck',
        text: 'channel.get(ORDER_CREATE_DLQ)',
        without: 'channel.get(ORDER_CREATE_DLQ, { noAck: true })',
        test: [
          'amqp/dead-letters',
          'a dead letter has the reason, the number and the times of its failures, and a list leaves it in the queue',
        ],
      },
    ],
  },
  {
    file: 'src/amqp/compare-topology.js',
    guards: [
      {
        name: 'exchanges are durable',
        text: 'assertExchange(name, type, { durable: true })',
        without: 'assertExchange(name, type, { durable: false })',
        test: ['amqp/topology', 'the declaration creates the documented exchanges, durable and of their types'],
      },
    ],
  },
];
