import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

// Loaded into the program: its launcher holds the other end, and when that dies this ends as if told to. Threads and
// forks load it too, by inheriting the arguments, but have no such pipe.
if (isMainThread && process.env.ORDERS_LAUNCHER === String(process.ppid)) {
  const end = () => process.kill(process.pid, 'SIGTERM');
  const pipe = new Socket({ fd: 3 });
  pipe.on('error', end);
  pipe.on('end', end);
  pipe.resume();
  pipe.unref();
}
