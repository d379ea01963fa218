import { Writable } from 'node:stream';
import test from 'ava';
import { foldWrites } from '../../src/amqp/fold-writes.js';

test('the writes of one turn are one write, in their order, and the writes of the next turn are another', async (t) => {
  const written: string[][] = [];
  const stream = new Writable({
    writev(chunks, done) {
      written.push(chunks.map(({ chunk }) => String(chunk)));
      done();
    },
  });
  foldWrites(stream);
  for (const each of ['a', 'b', 'c']) stream.write(each);
  t.deepEqual(written, []);
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(written, [['a', 'b', 'c']]);
  stream.write('d');
  await new Promise<void>((resolve) => stream.end('e', resolve));
  t.deepEqual(written, [
    ['a', 'b', 'c'],
    ['d', 'e'],
  ]);
});
