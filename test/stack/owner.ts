import { startStack } from '../../src/stack/index.js';

/** A process that owns a stack, for the tests that kill it: the folder is its argument, the addresses its output. */
const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('the data folder is missing');
const interrupted = new AbortController();
process.once('SIGTERM', () => interrupted.abort(new Error('SIGTERM')));
const say = (line: string): void => console.error(line);
const stack = await startStack({ dataDir, env: process.env, say, signal: interrupted.signal });
console.log(JSON.stringify(stack.addresses));
const alive = setInterval(() => undefined, 60_000);
interrupted.signal.addEventListener('abort', () => {
  clearInterval(alive);
  void stack.stop();
});
