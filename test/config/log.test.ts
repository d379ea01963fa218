import test from 'ava';
import { secretsIn } from '../../src/config/config.js';
import { createLog } from '../../src/process/log.js';

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  write(createLog({ name: 'test', level: 'trace', secrets: ['hunter2-hunter2', 'p4ss/word+1'], destination }));
  return lines.join('');
}

test('an error of a driver, and each of its causes, is logged without its statement', (t) => {
  const driver = Object.assign(new Error('Duplicate entry'), { code: 'ER_DUP_ENTRY', sql: "INSERT 'a-read-token'" });
  const line = logged((log) => {
    log.error({ err: driver }, 'one');
    log.error({ error: new Error('outer', { cause: driver }) }, 'two');
    log.error({ reason: driver }, 'three');
  });
  t.is(line.match(/Duplicate entry/g)?.length, 6, 'in each message and each stack');
  t.is(line.match(/"code":"ER_DUP_ENTRY"/g)?.length, 3);
  t.false(line.includes('a-read-token'));
});

test("the process's own secrets are replaced in a message, a field and an error", (t) => {
  const line = logged((log) => {
    log.info('connecting to mysql://orders:hunter2-hunter2@db');
    log.info({ url: 'amqp://orders:p4ss/word+1@mq' }, 'connecting');
    log.error({ err: new Error('cannot read amqp://orders:p4ss/word+1@mq') }, 'failed');
  });
  t.false(/hunter2|p4ss/.test(line));
  t.true(line.includes('mysql://orders:[redacted]@db'));
});

test('tokens and passwords that are passed to the log by mistake are not written', (t) => {
  const line = logged((log) =>
    log.info(
      { readToken: 'tok-1', headers: { authorization: 'Bearer tok-2' }, checkout: { readToken: 'tok-3' } },
      'oops',
    ),
  );
  t.false(/tok-\d/.test(line));
});

test('the secrets of a configuration are its tokens, its keys and the passwords in its addresses', (t) => {
  const found = secretsIn({
    ADMIN_TOKEN: 'admin-token',
    PAYMENT_WEBHOOK_SECRET: ['whsec_1', 'whsec_2'],
    STRIPE_WEBHOOK_SECRET: ['whsec_3'],
    STRIPE_SECRET_KEY: 'sk_1',
    MYSQL_URL: 'mysql://orders:p%2Fw@db/orders',
    AMQP_URL: 'amqp://mq/',
  });
  t.deepEqual(found.sort(), ['admin-token', 'p%2Fw', 'p/w', 'sk_1', 'whsec_1', 'whsec_2', 'whsec_3']);
});
