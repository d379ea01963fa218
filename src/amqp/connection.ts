import type { Socket } from 'node:net';
import { type ChannelModel, connect, type RecoveringChannelModel } from 'amqplib';
import { messageOf, NotSetUp, unavailable } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { brokerSocket } from './broker-address.js';
import { abandon, inCloseTime } from './close.js';
import { declareTopology } from './declare.js';
import { foldWrites } from './fold-writes.js';
import type { ManagementApi } from './management-api.js';
import type { Topology } from './topology.js';

/** `blocked`: a resource alarm in the broker holds publishers back, and confirms do not come. */
export type BrokerState = 'connecting' | 'connected' | 'blocked' | 'closed';

export interface Broker {
  /** Called once. Resolves when the first connection is set up and its topology is right, however long that takes. */
  readonly connect: () => Promise<void>;
  readonly state: () => BrokerState;
  /**
   * @throws {DomainError} `dependency-unavailable` unless messages can be published now; a {@link NotSetUp} names the
   *   queue that is missing or differs
   */
  readonly check: () => void;
  readonly close: () => Promise<void>;
}

interface BrokerOptions {
  readonly url: string;
  readonly name: string;
  readonly topology: Topology;
  /** Compares the topology for an account without the right to configure. */
  readonly api?: ManagementApi | undefined;
  readonly log: Log;
  readonly setup: (connection: ChannelModel) => Promise<void>;
}

/**
 * A connection that reconnects by itself. After each connect the topology is declared, and `setup` opens new channels
 * and consumers, because those of the old connection are closed.
 *
 * @param options.setup runs before the state is `connected`; when it fails, the connection is opened again
 */
export function createBrokerConnection(options: BrokerOptions): Broker {
  const { log } = options;
  let state: BrokerState = 'connecting';
  let newest: ChannelModel | undefined;
  let connection: RecoveringChannelModel | undefined;
  let setupError: NotSetUp | undefined;

  /** Logs each different error of the setup once, and not at each try: an operator has to mend the broker. */
  function setSetupError(found: NotSetUp | undefined): void {
    if (found !== undefined && found.message !== setupError?.message)
      log.error({ reason: found.message }, 'RabbitMQ is not set up');
    setupError = found;
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
          foldWrites(socketOf(model));
          await prepare(model, options).catch((error: unknown) => {
            setSetupError(error instanceof NotSetUp ? error : undefined);
            throw error;
          });
          setSetupError(undefined);
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
    // The recovery does not know a connection that is still in its setup, and would leave this connection open.
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
      if (state !== 'connected' && setupError !== undefined) throw setupError;
      if (state !== 'connected') throw unavailable('the broker', new Error(state));
    },
    close,
  };
}

const socketOf = (model: ChannelModel) => (model.connection as unknown as { readonly stream: Socket }).stream;

/**
 * amqplib listens to a connection only after its setup. Before that, an error is uncaught and a close is not noticed.
 */
async function prepare(model: ChannelModel, options: BrokerOptions): Promise<void> {
  model.on('error', (error) => options.log.debug({ reason: messageOf(error) }, 'RabbitMQ connection error'));
  // What was asked of a connection that is lost may never be answered, the close of a channel for one.
  const lost = new Promise<never>((_, reject) => {
    model.once('close', () => reject(new Error('the connection was lost while it was set up')));
  });
  // The recovery handles a close after the setup.
  lost.catch(() => undefined);
  try {
    await Promise.race([setUp(model, options), lost]);
  } catch (error) {
    // amqplib waits for its own close before the next try, without a time-out.
    const closing = model.close().catch(() => 'closed, or being closed, already');
    await inCloseTime(model, closing);
    throw error;
  }
}

async function setUp(model: ChannelModel, { topology, api, log, setup }: BrokerOptions): Promise<void> {
  const uncompared = await declareTopology(model, topology, api);
  if (uncompared.length > 0) {
    log.info({ uncompared }, 'this account may not configure: these exist, and were not compared');
  }
  await setup(model);
}
