import { connect } from 'amqplib';
import { v7 as uuid } from 'uuid';
import { createBrokerConnection } from '../src/amqp/connection.js';
import type { OutgoingMessage } from '../src/amqp/outgoing-message.js';
import { createPublisher, PUBLISH_WINDOW } from '../src/amqp/publisher.js';
import { createMessageOf } from '../src/amqp/relay.js';
import { ORDER_CREATE_KEY, ORDER_CREATE_QUEUE, orderTopology } from '../src/amqp/topology.js';
import { checkout, createTestLog } from '../test/helpers/broker.js';
import { createVhost } from '../test/helpers/servers.js';
import { allocatedBy } from './harness/allocated.js';
import { figureOf } from './harness/compare.js';
import { withCpu } from './harness/cpu.js';
import type { Bench, Figure, Measured } from './harness/figure.js';
import { timed } from './harness/timing.js';
import { awaited, byLoop, byPublisher, MANY, type Send, unconfirmed } from './publish/senders.js';

const ROUNDS = 5;
/** The small test runs so often in each round, because a single run is over after some hundredths of a second. */
const WORK = [
  { count: 1_000, times: 8 },
  { count: 20_000, times: 1 },
] as const;
const AWAITED = 300;

/** What a legacy service states for its producer test on 28 hardware threads, unconfirmed. */
const LEGACY = {
  1: { 'legacy claim, messages/s': 220_258 },
  [MANY]: { 'legacy claim, messages/s': 98_527, 'legacy claim, ns': 13_976, 'legacy claim, bytes': 912 },
};

/**
 * Order messages through the publisher, whose messages are confirmed and mandatory, compared with bare loops over
 * amqplib: with confirms, without confirms, and with an await for each confirm.
 */
export async function publish({ pids }: Bench): Promise<Figure[]> {
  const vhost = await createVhost();
  const publisher = createPublisher({ window: PUBLISH_WINDOW, confirmTimeoutMs: 60_000 });
  const topology = orderTopology('quorum');
  const log = createTestLog();
  const broker = createBrokerConnection({ url: vhost.url, name: 'bench', topology, log, setup: publisher.attach });
  await broker.connect();
  // One connection for each way: no way waits behind the frames of another way.
  const connections = await Promise.all([1, 2, 3].map(() => connect(vhost.url, { noDelay: true })));
  const [loop, each, plain] = connections as [
    (typeof connections)[0],
    (typeof connections)[0],
    (typeof connections)[0],
  ];
  let handedOverMs = 0;
  const [confirming, awaiting] = [await loop.createConfirmChannel(), await each.createConfirmChannel()];
  const unconfirming = await plain.createChannel();
  const ways = {
    ours: byPublisher(publisher.publish),
    loop: byLoop(confirming),
    unconfirmed: unconfirmed(unconfirming, (ms) => {
      handedOverMs += ms;
    }),
    awaited: awaited(awaiting),
  };
  const processes = { sender: process.pid, RabbitMQ: pids['rabbitmq'] ?? 0 };

  async function measured(send: Send, work: { count: number; times: number }, senders: 1 | typeof MANY) {
    const messages = Array.from({ length: work.count }, orderMessage);
    let [tookMs, bytes] = [0, 0];
    handedOverMs = 0;
    const all = work.count * work.times;
    const { cpu } = await withCpu(
      processes,
      async () => {
        for (let time = 0; time < work.times; time++) {
          bytes += await allocatedBy(async () => {
            tookMs += await timed(() => send(messages, senders));
          });
        }
      },
      () => all,
    );
    const { messageCount } = await confirming.purgeQueue(ORDER_CREATE_QUEUE);
    if (messageCount < all) throw new Error(`${all} messages were sent, ${messageCount} arrived`);
    return {
      value: (all * 1_000) / tookMs,
      details: {
        ns: (tookMs * 1e6) / all,
        bytes: bytes / all,
        ...(handedOverMs > 0 && { 'handed over, messages/s': (all * 1_000) / handedOverMs }),
        ...cpu,
      },
    };
  }

  try {
    const figures: Figure[] = [];
    for (const senders of [1, MANY] as const) {
      for (const work of WORK) {
        const runs: Record<keyof typeof ways, Measured[]> = { ours: [], loop: [], unconfirmed: [], awaited: [] };
        for (let round = -1; round < ROUNDS; round++) {
          const names = Object.keys(ways) as (keyof typeof ways)[];
          for (const name of round % 2 === 0 ? names : names.toReversed()) {
            const run = await measured(ways[name], name === 'awaited' ? { count: AWAITED, times: 1 } : work, senders);
            if (round >= 0) runs[name].push(run);
          }
        }
        const title = `publish: ${work.count.toLocaleString('en-US')} messages, ${senders} sender${senders === 1 ? '' : 's'}`;
        const ours = runs.ours.map((run) => ({ ...run, details: { ...run.details, ...LEGACY[senders] } }));
        const beside = (name: string, goal: number, baseline: Measured[]) =>
          figureOf(
            { name: `${title}, compared with ${name}`, unit: 'messages/s', better: 'larger', goal },
            { ours, baseline },
          );
        figures.push(
          beside('a bare loop with confirms', 0.9, runs.loop),
          beside('a bare loop without confirms', 0.95, runs.unconfirmed),
          beside('an await for each confirm', 30, runs.awaited),
        );
      }
    }
    return figures;
  } finally {
    await Promise.all([broker.close(), ...connections.map((connection) => connection.close())]);
    await vhost.drop();
  }
}

const orderMessage = (): OutgoingMessage =>
  createMessageOf({ ...checkout, orderId: uuid(), createdAt: new Date() }, ORDER_CREATE_KEY);
