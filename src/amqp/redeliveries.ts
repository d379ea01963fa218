import type { Message } from 'amqplib';
import { returnsOf } from './history.js';

/**
 * RabbitMQ 4 drops a message that a quorum queue had back twenty times. A message that came back ten times is not given
 * back again: a fresh copy, of which the broker has counted nothing, takes its place.
 */
const OFTEN = 10;

/** A message that still comes back after that, while a process handles this message alone, ends the process each time. */
const TOO_OFTEN = 15;

export const cameBackOften = (message: Message): boolean => returnsOf(message) >= OFTEN;

export const cameBackTooOften = (message: Message): boolean => returnsOf(message) >= TOO_OFTEN;

/** Why a message that nobody answered is parked. */
export const unanswered = (message: Message): string =>
  `came back ${returnsOf(message)} times without an answer: the process that handles this message may die of it`;
