import { type ChannelModel, connect, type RecoveringChannelModel } from 'amqplib';
import { messageOf, NotSetUp, unavailable } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { brokerSocket } from './broker-address.js';
import { abandon, inCloseTime } from './close.js';
import { declareTopology } from './declare.js';
import type { ManagementApi } from './management-api.js';
import type { Topology } from './topology.js';

/** `blocked` while a resource alarm in the broker holds publishers back; a confirm then simply does not come. */
export type BrokerState = 'connecting' | 'connected' | 'blocked' | 'closed';

export interface Broker {
  /** Once; resolves when the first connection is up and its topology is right, however long that takes. */
  readonly connect: () => Promise<void>;
  readonly state: () => BrokerState;
  /**
   * @throws {DomainError} `dependency-unavailable` unless messages can be published right now; a {@link NotSetUp} names
   *   the queue that is missing or differs
   */
  readonly check: () => void;
  readonly close: () => Promise<void>;
}

interface BrokerOptions {
  readonly url: string;
  readonly name: string;
  readonly topology: Topology;
  /** Compares the topology where this account may not configure. */
  readonly api?: ManagementApi | undefined;
  readonly log: Log;
  readonly setup: (connection: ChannelModel) => Promise<void>;
}

/**
 * A connection that comes back: after each (re)connect the topology is declared and `setup` makes channels and
 * consumers anew, since those of the old connection are dead for good.
 *
 * @param options.setup runs before the connection counts as up; when it fails, the connection is tried again
 */
export function createBrokerConnection(options: BrokerOptions): Broker {
  const { log } = options;
  let state: BrokerState = 'connecting';
  let newest: ChannelModel | undefined;
  let connection: RecoveringChannelModel | undefined;
  let lack: NotSetUp | undefined;

  /** Once for each that is new, however often the connection is tried: an operator mends it. */
  function note(found: NotSetUp | undefined): void {
    if (found !== undefined && found.message !== lack?.message)
      log.error({ reason: found.message }, 'RabbitMQ is not set up');
    lack = found;
  }

  async function open(): Promise<RecoveringChannelModel> {
    return await connect(options.url, {
      ...brokerSocket(options.url),
      noDelay: true,
      timeout: 10_000,
      clientProperties: { connection_name: options.name },
      recovery: {
        initialDelay: 100,
        maxDelay: 5_000,
        jitter: 0.5,
        waitForConnect: false,
        setup: async (model: ChannelModel) => {
          newest = model;
          await prepare(model, options).catch((error: unknown) => {
            note(error instanceof NotSetUp ? error : undefined);
            throw error;
          });
          note(undefined);
        },
      },
    });
  }

  function follow(opened: RecoveringChannelModel): void {
    const become = (next: BrokerState): void => {
      if (state !== 'closed') state = next;
    };
    opened.on('connect', () => {
      become('connected');
      log.info('connected to RabbitMQ');
    });
    opened.on('disconnect', (error) => {
      become('connecting');
      log.warn({ reason: messageOf(error) }, 'lost RabbitMQ, connecting again');
    });
    opened.on('reconnect-scheduled', ({ attempt, delay, error }) => {
      if (attempt > 1) log.warn({ attempt, delayMs: delay, reason: messageOf(error) }, 'RabbitMQ does not answer yet');
    });
    opened.on('blocked', (reason) => {
      become('blocked');
      log.warn({ reason }, 'RabbitMQ holds publishers back');
    });
    opened.on('unblocked', () => {
      become('connected');
      log.info('RabbitMQ takes messages again');
    });
    opened.on('error', (error) => log.warn({ reason: messageOf(error) }, 'RabbitMQ connection error'));
  }

  async function close(): Promise<void> {
    state = 'closed';
    const closing = connection?.close();
    if (newest === undefined) return await closing;
    // One that is still being set up is not the recovery's own yet, and would go on after us.
    abandon(newest);
    await inCloseTime(newest, Promise.resolve(closing));
  }

  return {
    state: () => state,
    async connect() {
      connection = await open();
      follow(connection);
      await connection.waitForConnect();
    },
    check() {
      if (state !== 'connected' && lack !== undefined) throw lack;
      if (state !== 'connected') throw unavailable('the broker', new Error(state));
    },
    close,
  };
}

/** amqplib listens to a connection only after its setup: an error before that is uncaught, a close never noticed. */
async function prepare(model: ChannelModel, options: BrokerOptions): Promise<void> {
  model.on('error', (error) => options.log.debug({ reason: messageOf(error) }, 'RabbitMQ connection error'));
  // What was asked of a connection that is lost may never be answered, the close of a channel for one.
  const lost = new Promise<never>((_, reject) => {
    model.once('close', () => reject(new Error('the connection was lost while it was set up')));
  });
  // A close after the setup is the recovery's matter.
  lost.catch(() => undefined);
  try {
    await Promise.race([setUp(model, options), lost]);
  } catch (error) {
    // amqplib would wait for its own close before it tries again, however long.
    const closing = model.close().catch(() => 'closed, or being closed, already');
    await inCloseTime(model, closing);
    throw error;
  }
}

async function setUp(model: ChannelModel, { topology, api, log, setup }: BrokerOptions): Promise<void> {
  const uncompared = await declareTopology(model, topology, api);
  if (uncompared.length > 0) {
    log.info({ uncompared }, 'this account may not configure: they are there, and were not compared');
  }
  await setup(model);
}
