import test from 'ava';
import type { RowDataPacket } from 'mysql2/promise';
import type { Pool } from '../../src/db/driver/pool.js';
import { NotSetUp } from '../../src/domain/errors.js';
import { checkDurability, type DurabilityConfig } from '../../src/process/durability.js';
import { StartRefused } from '../../src/process/start-refused.js';
import { createTestLog } from '../helpers/broker.js';
import { openPool } from '../helpers/database.js';
import { createDatabase } from '../helpers/servers.js';

/** The check at the start, on a real server. A test that needs another setting changes the server's answer. */

async function serverWith(t: Parameters<typeof openPool>[0], settings: Record<string, string>): Promise<Pool> {
  const pool = openPool(t, (await createDatabase(t)).url, 1);
  const ask = pool.query.bind(pool) as (sql: string, values?: unknown) => Promise<[RowDataPacket[], unknown]>;
  const query = async (sql: string, values?: unknown) => {
    const [rows, fields] = await ask(sql, values);
    for (const row of rows) row['Value'] = settings[row['Variable_name']] ?? row['Value'];
    return [rows, fields];
  };
  return Object.assign(pool, { query: query as never });
}

const durable = {
  innodb_flush_log_at_trx_commit: '1',
  innodb_flush_method: 'O_DIRECT',
  innodb_doublewrite: 'ON',
  log_bin: 'OFF',
  read_only: 'OFF',
};
const risky = { ...durable, innodb_flush_log_at_trx_commit: '2', log_bin: 'ON', sync_binlog: '0' };

const production = (...risks: DurabilityConfig['ACCEPTED_RISKS']): DurabilityConfig => ({
  NODE_ENV: 'production',
  ACCEPTED_RISKS: risks,
});

test('production starts on a database that keeps its commits', async (t) => {
  const log = createTestLog();
  await checkDurability(await serverWith(t, durable), production(), log);
  t.deepEqual(log.lines, []);
});

test('production refuses a database that can lose a commit, and names each setting, the reason and what accepts it', async (t) => {
  const pool = await serverWith(t, risky);
  const { message } = (await t.throwsAsync(checkDurability(pool, production(), createTestLog()), {
    instanceOf: StartRefused,
  })) as StartRefused;
  t.regex(message, /innodb_flush_log_at_trx_commit is 2: .*\n.*sync_binlog is 0: /);
  t.true(message.endsWith('To start all the same: ACCEPTED_RISKS=innodb_flush_log_at_trx_commit,sync_binlog'));
});

test('production starts when each risk is accepted by its name, and not when a risk is not named', async (t) => {
  const pool = await serverWith(t, risky);
  const accepted = production('innodb_flush_log_at_trx_commit');
  await t.throwsAsync(checkDurability(pool, accepted, createTestLog()), { message: /ACCEPTED_RISKS=sync_binlog$/ });
  await t.notThrowsAsync(
    checkDurability(pool, production('innodb_flush_log_at_trx_commit', 'sync_binlog'), createTestLog()),
  );
});

test('development logs each risk and starts', async (t) => {
  const log = createTestLog();
  await checkDurability(await serverWith(t, risky), { NODE_ENV: 'development', ACCEPTED_RISKS: [] }, log);
  t.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields['risk']]),
    [
      ['warn', 'innodb_flush_log_at_trx_commit'],
      ['warn', 'sync_binlog'],
    ],
  );
});

test('a read-only server is an outage until it accepts writes, also in production', async (t) => {
  const pool = await serverWith(t, { ...durable, read_only: 'ON' });
  await t.throwsAsync(checkDurability(pool, production(), createTestLog()), { instanceOf: NotSetUp });
});
