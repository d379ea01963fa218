/** A database setting that can lose stored data. An operator accepts the risk by its `name`, in ACCEPTED_RISKS. */
export interface Risk {
  readonly name: RiskName;
  readonly value: string;
  readonly why: string;
  readonly mend: string;
}

export const riskNames = [
  'innodb_flush_log_at_trx_commit',
  'innodb_flush_method',
  'innodb_doublewrite',
  'sync_binlog',
  'galera',
  'group_replication',
] as const;

export type RiskName = (typeof riskNames)[number];

/** The server's variables by their lower-case names, and `wsrep_cluster_size` of the server's status. */
export type ServerVariables = ReadonlyMap<string, string>;

/** Each of them forbids writes. A reader of Aurora sets only the second one. */
const readOnlyVariables = ['read_only', 'innodb_read_only'] as const;

/** The variables that {@link risksIn} and {@link readOnlyIn} look at. */
export const riskVariables = [
  'version',
  'innodb_flush_log_at_trx_commit',
  'innodb_flush_method',
  'innodb_doublewrite',
  'log_bin',
  'sync_binlog',
  'wsrep_on',
  'group_replication_group_name',
  'group_replication_single_primary_mode',
  ...readOnlyVariables,
] as const;

const isOn = (value: string | undefined): boolean => value === 'ON' || value === '1';

const isOff = (value: string): boolean => value === 'OFF' || value === '0';

/**
 * The setting that forbids writes, in words; `undefined` when the server takes writes. A replica has such a setting,
 * and a primary during a failover. MariaDB has more values than `ON` (`NO_LOCK`, `NO_LOCK_NO_ADMIN`), so each value
 * other than `OFF` counts.
 */
export function readOnlyIn(variables: ServerVariables): string | undefined {
  for (const name of readOnlyVariables) {
    const value = variables.get(name);
    if (value !== undefined && !isOff(value)) return `${name} is ${value}`;
  }
  return undefined;
}

/** The risks of these settings. A variable that the server does not have is no risk. */
export function risksIn(variables: ServerVariables): Risk[] {
  const of = (name: string): string | undefined => variables.get(name);
  const risks: Risk[] = [];
  const add = (name: RiskName, value: string, why: string, mend: string) => risks.push({ name, value, why, mend });

  const flush = of('innodb_flush_log_at_trx_commit');
  // MariaDB's 3 flushes at least as often as 1.
  const flushed = flush === '1' || (flush === '3' && /mariadb/i.test(of('version') ?? ''));
  if (flush !== undefined && !flushed) {
    const why = 'a power failure can lose orders that were answered 201, and payments that were answered 2xx';
    add('innodb_flush_log_at_trx_commit', flush, why, 'SET GLOBAL innodb_flush_log_at_trx_commit = 1');
  }
  const method = of('innodb_flush_method');
  if (method !== undefined && /nosync/i.test(method)) {
    add('innodb_flush_method', method, 'nothing is flushed to the disk at a commit', 'start the server with O_DIRECT');
  }
  const doublewrite = of('innodb_doublewrite');
  if (doublewrite !== undefined && ['OFF', '0', 'DETECT_ONLY'].includes(doublewrite)) {
    const why = 'a page that was half written at a power failure cannot be repaired';
    add('innodb_doublewrite', doublewrite, why, 'start the server with innodb_doublewrite = ON');
  }
  const binlog = of('sync_binlog');
  if (isOn(of('log_bin')) && binlog !== undefined && binlog !== '1') {
    const why = 'after a crash a replica that takes over can lack orders that were answered 201';
    add('sync_binlog', binlog, why, 'SET GLOBAL sync_binlog = 1');
  }
  const nodes = Number(of('wsrep_cluster_size') ?? 0);
  if (isOn(of('wsrep_on')) && nodes > 1) {
    const why = 'Galera with several writers loses updates that were committed, stock among them';
    add('galera', `${nodes} nodes`, why, 'send all writes to one node, and accept the risk by its name');
  }
  if (of('group_replication_group_name') && of('group_replication_single_primary_mode') === 'OFF') {
    const why = 'a group with several primaries decides the last unit of stock twice and rolls one back late';
    add('group_replication', 'several primaries', why, 'SELECT group_replication_switch_to_single_primary_mode()');
  }
  return risks;
}

export const inWords = ({ name, value, why }: Risk): string => `${name} is ${value}: ${why}`;
