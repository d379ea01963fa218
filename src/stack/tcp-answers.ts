import { connect } from 'node:net';

/** Resolves when a program listens at this address; rejects with the system's reason when none does. */
export function tcpAnswers(port: number, host = '127.0.0.1', timeoutMs = 2_000): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, timeout: timeoutMs });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error(`${host}:${port} does not answer in ${timeoutMs} ms`)));
    socket.once('error', reject);
  });
}
