import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

// Loaded into the command. The launcher holds the other end of the pipe: when the launcher dies, the command ends as
// after SIGTERM. Threads and forks inherit the arguments and load this file too, but have no such pipe.
if (isMainThread && process.env.ORDERS_LAUNCHER === String(process.ppid)) {
  const end = () => process.kill(process.pid, 'SIGTERM');
  const pipe = new Socket({ fd: 3 });
  pipe.on('error', end);
  pipe.on('end', end);
  pipe.resume();
  pipe.unref();
}
