import test from 'ava';
import { type RiskName, readOnlyIn, risksIn } from '../../src/domain/risks.js';

const durable = {
  version: '10.11.19-MariaDB',
  innodb_flush_log_at_trx_commit: '1',
  innodb_flush_method: 'O_DIRECT',
  innodb_doublewrite: 'ON',
  log_bin: 'ON',
  sync_binlog: '1',
  wsrep_on: 'OFF',
  read_only: 'OFF',
};

const variables = (changes: Record<string, string> = {}) => new Map(Object.entries({ ...durable, ...changes }));
const named = (changes: Record<string, string>): RiskName[] => risksIn(variables(changes)).map(({ name }) => name);

test('durable settings have no risk', (t) => {
  t.deepEqual(risksIn(variables()), []);
});

const risky: readonly (readonly [string, Record<string, string>, RiskName])[] = [
  ['a log that is flushed once a second', { innodb_flush_log_at_trx_commit: '2' }, 'innodb_flush_log_at_trx_commit'],
  ['a log that is not flushed at a commit', { innodb_flush_log_at_trx_commit: '0' }, 'innodb_flush_log_at_trx_commit'],
  ['a 3 on MySQL', { version: '8.4.3', innodb_flush_log_at_trx_commit: '3' }, 'innodb_flush_log_at_trx_commit'],
  ['files that are not flushed', { innodb_flush_method: 'nosync' }, 'innodb_flush_method'],
  ['no doublewrite', { innodb_doublewrite: 'OFF' }, 'innodb_doublewrite'],
  ['a doublewrite that only detects', { innodb_doublewrite: 'DETECT_ONLY' }, 'innodb_doublewrite'],
  ['a binary log that is flushed now and then', { sync_binlog: '0' }, 'sync_binlog'],
  ['Galera with three nodes', { wsrep_on: 'ON', wsrep_cluster_size: '3' }, 'galera'],
  [
    'group replication with several primaries',
    { group_replication_group_name: 'a-group', group_replication_single_primary_mode: 'OFF' },
    'group_replication',
  ],
];

for (const [what, changes, name] of risky) {
  test(`${what} is the risk ${name}`, (t) => {
    t.deepEqual(named(changes), [name]);
  });
}

const harmless: readonly (readonly [string, Record<string, string>])[] = [
  ["MariaDB's 3", { innodb_flush_log_at_trx_commit: '3' }],
  ['no binary log', { log_bin: 'OFF', sync_binlog: '0' }],
  ['Galera with one node', { wsrep_on: 'ON', wsrep_cluster_size: '1' }],
  ['one primary', { group_replication_group_name: 'a-group', group_replication_single_primary_mode: 'ON' }],
];

for (const [what, changes] of harmless) {
  test(`${what} is no risk`, (t) => {
    t.deepEqual(named(changes), []);
  });
}

test('a server that accepts no writes is recognised', (t) => {
  const seen = (name: string) =>
    ['ON', '1', 'OFF', '0'].map((value) => readOnlyIn(variables({ [name]: value })) ?? 'takes writes');
  t.deepEqual(seen('read_only'), ['read_only is ON', 'read_only is 1', 'takes writes', 'takes writes']);
  t.deepEqual(seen('innodb_read_only').slice(0, 3), [
    'innodb_read_only is ON',
    'innodb_read_only is 1',
    'takes writes',
  ]);
  for (const value of ['NO_LOCK', 'NO_LOCK_NO_ADMIN']) {
    t.is(readOnlyIn(variables({ read_only: value })), `read_only is ${value}`, 'as newer versions of MariaDB have it');
  }
});
