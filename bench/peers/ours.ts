import type { Client } from '@temporalio/client';
import type { RowDataPacket } from 'mysql2/promise';
import { count, stockOf } from '../../test/helpers/database.js';
import { startSystem, webhookSecret } from '../../test/helpers/system.js';
import { audited } from '../harness/audited.js';
import type { Bench } from '../harness/figure.js';
import type { Contestant, Product } from './contestant.js';
import { linesIn, root } from './install.js';

const PROCESSES = ['api', 'bridge', 'worker'] as const;

/** Our system: API, bridge and worker as processes, with the settings of production. */
export async function startOurs(
  { pids: servers }: Bench,
  { products, windowMs }: { readonly products: readonly Product[]; readonly windowMs: number },
): Promise<Contestant> {
  const window = (ms: number) => ({ PAYMENT_WINDOW: `${ms / 1_000} seconds` });
  const system = await startSystem(
    products.map(({ sku, price, stock }) => ({ sku, name: sku, unitPrice: price, currency: 'EUR', stock })),
    { LOG_LEVEL: 'warn', ...window(windowMs) },
  );
  const { pool, temporal, taskQueue } = system;
  const running = () => PROCESSES.flatMap((name) => system.pids()[name] ?? []);
  const [[flush]] = await pool.query<RowDataPacket[]>('SELECT @@innodb_flush_log_at_trx_commit AS value');
  return {
    name: 'ours',
    url: system.shopUrl,
    dialect: { kind: 'ours', webhookSecret, currency: 'EUR' },
    durability: `MySQL innodb_flush_log_at_trx_commit ${flush?.['value']}; RabbitMQ quorum queues, confirmed; Temporal on SQLite`,
    linesOfCode: linesIn(root, ['src', 'workflows', 'activities']),
    pids: () => ({ ...servers, ...only(system.pids()) }),
    restingPids: running,
    behindPids: () => [system.pids()['bridge'] ?? 0, system.pids()['worker'] ?? 0],
    stockOf: (sku) => stockOf(pool, sku),
    async kill() {
      await Promise.all(PROCESSES.map((name) => system.kill(name)));
    },
    async start({ windowMs: ms }) {
      await Promise.all(PROCESSES.map((name) => system.start(name, { env: window(ms) })));
    },
    open: async () => (await count(pool, 'checkouts')) - (await closed(temporal, taskQueue)),
    async stop() {
      await audited(pool);
      await system.close();
    },
  };
}

const only = (pids: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(PROCESSES.flatMap((name) => (pids[name] === undefined ? [] : [[name, pids[name]]])));

/** Each order gets one workflow, however it ends. */
async function closed(temporal: Client, taskQueue: string): Promise<number> {
  const { count: workflows } = await temporal.workflow.count(
    `TaskQueue = '${taskQueue}' AND WorkflowId STARTS_WITH 'order:' AND ExecutionStatus != 'Running'`,
  );
  return workflows;
}
