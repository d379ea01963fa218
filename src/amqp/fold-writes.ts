import type { Writable } from 'node:stream';

/**
 * Makes one write of all writes in one turn of the event loop. amqplib writes each message by itself, and a write to a
 * socket costs more than to encode the message.
 */
export function foldWrites(stream: Writable): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let isOpen = false;
  const folded = (...args: unknown[]): boolean => {
    if (!isOpen) {
      isOpen = true;
      stream.cork();
      process.nextTick(() => {
        isOpen = false;
        stream.uncork();
      });
    }
    return write(...args);
  };
  Object.assign(stream, { write: folded });
}
