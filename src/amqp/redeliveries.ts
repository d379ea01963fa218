import type { Message } from 'amqplib';
import { returnsOf } from './history.js';

/**
 * A quorum queue of RabbitMQ 4 drops a message that came back twenty times. A message that came back half as
 * often is not requeued again. A fresh copy, for which the broker counts from 0, replaces the message.
 */
const OFTEN = 10;

/**
 * From ten returns on, a process handles the message alone. A message with five more returns ends the process each
 * time. A rule of thumb, below the twenty of the broker.
 */
const TOO_OFTEN = 15;

export const cameBackOften = (message: Message): boolean => returnsOf(message) >= OFTEN;

export const cameBackTooOften = (message: Message): boolean => returnsOf(message) >= TOO_OFTEN;

/** The reason to park a message that no process answered. */
export const unanswered = (message: Message): string =>
  `came back ${returnsOf(message)} times without an answer: the process that handles this message may die of it`;
