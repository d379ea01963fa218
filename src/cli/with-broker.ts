import { type ChannelModel, connect } from 'amqplib';
import { brokerSocket } from '../amqp/broker-address.js';
import { inCloseTime } from '../amqp/close.js';
import { notFound } from '../amqp/compare-topology.js';
import { Unroutable } from '../amqp/confirm-link.js';
import { messageOf } from '../domain/errors.js';
import { CommandError } from './command-error.js';
import { Unreachable } from './unreachable.js';

/**
 * One connection to RabbitMQ for one command.
 *
 * @throws {Unreachable} when the broker does not answer, or goes away while the command runs
 * @throws {CommandError} when a queue that the command needs is not there
 */
export async function withBroker<T>(url: string, work: (connection: ChannelModel) => Promise<T>): Promise<T> {
  const connection = await connect(url, { ...brokerSocket(url), timeout: 10_000 }).catch((error) => {
    throw new Unreachable('RabbitMQ', url, error);
  });
  let lost: Error | undefined;
  // Without a listener the loss of the connection would be an uncaught exception.
  connection.on('error', (error) => {
    lost = error;
  });
  connection.on('close', (error?: Error) => {
    lost ??= error;
  });
  try {
    const result = await work(connection);
    await inCloseTime(connection, connection.close());
    return result;
  } catch (error) {
    const explained = inWords(error) ?? inWords(lost);
    if (explained === undefined && lost !== undefined) throw new Unreachable('RabbitMQ', url, lost);
    const closing = connection.close().catch((refusal) => `closed already: ${messageOf(refusal)}`);
    await inCloseTime(connection, closing);
    throw explained ?? error;
  }
}

function inWords(error: unknown): CommandError | undefined {
  if (error instanceof Unroutable) return new CommandError(`${error.message}; \`orders topology\` declares the queues`);
  const missing = notFound(error);
  return missing && new CommandError(missing.message);
}
