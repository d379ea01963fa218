import { EVENT_TYPES } from '../domain/event.js';
import { eventSummaries } from '../schemas/event-data.js';
import { jsonSchemas, schemaRef } from './async-api-schemas.js';
import { EVENT_CONTENT_TYPE } from './event-messages.js';
import {
  ORDER_CANCEL_KEY,
  ORDER_CANCEL_QUEUE,
  ORDER_CREATE_DLQ,
  ORDER_CREATE_KEY,
  ORDER_CREATE_QUEUE,
  ORDER_DELAY_QUEUE,
  ORDER_EVENTS_EXCHANGE,
  type Topology,
} from './topology.js';

const description = `What this software sends and takes by RabbitMQ. \`send\` and \`receive\` are as this software sees them.

- Each message may come twice, with the same \`message_id\`.
- \`x-properties\` describes the properties of a message, with the names of amqplib.
- An event goes to the exchange \`${ORDER_EVENTS_EXCHANGE}\` with its type as the routing key. Bind a queue of your own.`;

const queueSummaries: Readonly<Record<string, string>> = {
  [ORDER_CREATE_DLQ]: 'Messages that cannot be handled, until a person redrives or discards them',
  [ORDER_DELAY_QUEUE]: 'Cancels of the legacy service, which come to the cancel queue when their time has passed',
  [ORDER_CANCEL_QUEUE]: 'Cancels of the legacy service; the database decides what they change',
};

const messageOf = (name: string) => ({ $ref: `#/components/messages/${name}` });
const amqp = <Binding extends object>(binding: Binding) => ({
  bindings: { amqp: { ...binding, bindingVersion: '0.3.0' } },
});

const messages = {
  orderMessage: {
    title: 'A new order, for its workflow',
    contentType: 'application/json',
    ...amqp({ messageType: ORDER_CREATE_KEY }),
    headers: schemaRef('OrderMessageHeaders'),
    payload: schemaRef('OrderMessage'),
    'x-properties': schemaRef('OrderMessageProperties'),
  },
  cancelMessage: {
    title: 'A cancel of the legacy service',
    contentType: 'application/json',
    payload: schemaRef('CancelMessage'),
    'x-properties': schemaRef('AnyProperties'),
  },
  deadLetter: {
    title: 'A message that cannot be handled, with the reason in its headers',
    headers: schemaRef('DeadLetterHeaders'),
    payload: schemaRef('DeadLetter'),
    'x-properties': schemaRef('DeadLetterProperties'),
  },
  ...Object.fromEntries(
    EVENT_TYPES.map((type) => [
      type,
      {
        title: eventSummaries[type],
        contentType: EVENT_CONTENT_TYPE,
        ...amqp({ messageType: type }),
        payload: schemaRef(type),
        'x-properties': schemaRef('EventProperties'),
      },
    ]),
  ),
};

/** The messages of a queue by the name of the queue. The queue of new orders may have another name. */
function messagesIn(queue: string): readonly (keyof typeof messages)[] {
  if (queue === ORDER_CREATE_DLQ) return ['deadLetter'];
  return queue === ORDER_DELAY_QUEUE || queue === ORDER_CANCEL_QUEUE ? ['cancelMessage'] : ['orderMessage'];
}

const refs = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, messageOf(name)]));

/** The description of the queues, exchanges, messages and events, in AsyncAPI 3.1. */
export function asyncApiDocument({ topology, version }: { readonly topology: Topology; readonly version: string }) {
  const { exchanges, queues, bindings } = topology;
  const [orderQueue = ORDER_CREATE_QUEUE] = queues
    .map(({ name }) => name)
    .filter((name) => messagesIn(name).includes('orderMessage'));
  const durable = { durable: true, autoDelete: false };
  const queueChannels = queues.map(({ name, arguments: given }) => [
    name,
    {
      address: name,
      summary: queueSummaries[name] ?? 'New orders, for the bridge',
      messages: refs(messagesIn(name)),
      ...amqp({ is: 'queue', queue: { name, ...durable, exclusive: false } }),
      'x-arguments': given,
      'x-bound-to': bindings
        .filter(({ queue }) => queue === name)
        .map(({ exchange, key }) => ({ exchange, routingKey: key })),
    },
  ]);
  const exchangeChannels = exchanges.map(({ name, type }) => {
    const keys = [...new Set(bindings.filter(({ exchange }) => exchange === name).map(({ key }) => key))];
    const bound = bindings.filter(({ exchange }) => exchange === name).flatMap(({ queue }) => messagesIn(queue));
    const isOfEvents = name === ORDER_EVENTS_EXCHANGE;
    return [
      name,
      {
        // AsyncAPI has one address for a channel: the routing key is in the description where there are several.
        address: keys.length === 1 ? keys[0] : null,
        summary: isOfEvents ? 'What happens to orders, money and stock' : `To the queues that are bound to ${name}`,
        messages: refs(isOfEvents ? EVENT_TYPES : [...new Set(bound)]),
        ...amqp({ is: 'routingKey', exchange: { name, type, ...durable } }),
        'x-routing-keys': isOfEvents ? EVENT_TYPES : keys,
      },
    ];
  });
  return {
    asyncapi: '3.1.0',
    info: { title: 'order-bridge, by RabbitMQ', version, description },
    defaultContentType: 'application/json',
    channels: Object.fromEntries([...queueChannels, ...exchangeChannels]),
    operations: operationsOf(topology, orderQueue),
    components: { messages, schemas: jsonSchemas() },
  };
}

function operationsOf({ queues }: Topology, orderQueue: string) {
  const hasCancels = queues.some(({ name }) => name === ORDER_CANCEL_QUEUE);
  const sends = (channel: string, summary: string, mandatory: boolean) => ({
    action: 'send',
    channel: { $ref: `#/channels/${channel}` },
    summary,
    ...amqp({ deliveryMode: 2, mandatory, timestamp: true }),
  });
  const takes = (channel: string, summary: string) => ({
    action: 'receive',
    channel: { $ref: `#/channels/${channel}` },
    summary,
    ...amqp({ ack: true }),
  });
  return {
    sendOrder: sends('order_exchange', 'Each checkout that was answered 201', true),
    takeOrder: takes(orderQueue, 'Starts the workflow of the order'),
    ...(hasCancels && { takeCancel: takes(ORDER_CANCEL_QUEUE, `Routed by ${ORDER_CANCEL_KEY}`) }),
    sendDeadLetter: sends('order_dlx', 'After three attempts, or at once where a message cannot be read', true),
    sendEvent: sends(ORDER_EVENTS_EXCHANGE, 'In the order of each subject; no queue has to be bound', false),
  };
}
