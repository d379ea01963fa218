import { styleText } from 'node:util';
import { loadConfig } from '../config/config.js';
import { lateSalesOf } from '../config/late-sales.js';
import { INVARIANTS, type Invariant } from '../domain/audit.js';
import { messageOf } from '../domain/errors.js';
import { createClient } from '../temporal/client.js';
import { type AuditReport, audit } from './audit.js';
import { CommandError } from './command-error.js';
import { counted } from './counted.js';
import { startProgress } from './progress.js';
import { repair } from './repair.js';
import { requireSchema } from './require-schema.js';
import { withMysql } from './with-mysql.js';

export const auditVariables = [
  'MYSQL_URL',
  'AMQP_URL',
  'RABBITMQ_API_URL',
  'TEMPORAL_ADDRESS',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_TASK_QUEUE',
  'ORDER_QUEUE',
  'LATE_PAYMENTS',
  'LATE_SALES_WITHIN',
] as const;

interface AuditOptions {
  readonly json?: boolean;
  readonly repair?: boolean;
  /** Compares the workflows that closed after this moment as well. */
  readonly since?: Date | undefined;
  /** Audits all archived orders, and the totals of the archive. */
  readonly archived?: boolean;
  readonly say: (line: string) => void;
  /** Prints the progress, and with `json` also the repairs: the standard output then holds JSON alone. */
  readonly toStderr?: (line: string) => void;
}

/**
 * Audits the system that `env` names and prints the result. With `repair` it repairs first; without it writes nothing.
 *
 * @returns whether every invariant holds
 */
export async function auditCommand(env: NodeJS.ProcessEnv, options: AuditOptions): Promise<boolean> {
  const config = loadConfig(env, auditVariables);
  const temporal = createClient({ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE, env });
  const progress = startProgress(options.toStderr ?? (() => undefined));
  const onQueue = { taskQueue: config.TEMPORAL_TASK_QUEUE, since: options.since };
  try {
    return await withMysql(config.MYSQL_URL, 2, async (pool) => {
      await requireSchema(pool);
      const repairs: string[] = [];
      if (options.repair) {
        // Each repair is printed at once, so that a later error hides none.
        const printRepair = (line: string): void => {
          repairs.push(line);
          if (options.json) options.toStderr?.(line);
          else options.say(`${styleText('yellow', 'repair')}    ${line}`);
        };
        await repair({ ...onQueue, ...lateSalesOf(config), pool, temporal, say: printRepair }).catch((error) =>
          printRepair(`ended early: ${messageOf(error)}`),
        );
      }
      const report = await audit({
        pool,
        temporal,
        amqpUrl: config.AMQP_URL,
        apiUrl: config.RABBITMQ_API_URL,
        orderQueue: config.ORDER_QUEUE,
        ...onQueue,
        ofArchive: options.archived === true ? 'all' : 'slice',
        progress: progress.become,
      });
      refuseEmpty(report, config.MYSQL_URL);
      if (options.json) options.say(JSON.stringify({ ok: report.findings.length === 0, repairs, ...report }, null, 2));
      else print(report, options.say);
      return report.findings.length === 0;
    });
  } finally {
    progress.stop();
    await temporal.connection.close();
  }
}

/** An empty database breaks no invariant, so a wrong address must not count as a clean audit. */
function refuseEmpty({ audited, findings }: AuditReport, url: string): void {
  if (findings.length > 0 || Object.values(audited).some((count) => count > 0)) return;
  const { host, pathname } = new URL(url);
  throw new CommandError(
    `There was no shop to audit: ${host}${pathname} has no product, no checkout and no payment. Is MYSQL_URL the right one?`,
  );
}

function print({ findings, open, audited }: AuditReport, say: (line: string) => void): void {
  say(`Audited ${audited.skus} SKUs, ${audited.checkouts} checkouts, ${audited.payments} payments.`);
  if (audited.archived > 0)
    say(`${counted(audited.archived, 'order')} archived, ${audited.ofArchive} of them audited.`);
  for (const [invariant, rule] of Object.entries(INVARIANTS) as [Invariant, string][]) {
    const broken = findings.filter((finding) => finding.invariant === invariant);
    say(
      `${broken.length === 0 ? styleText('green', '✔ holds ') : styleText('red', '✘ broken')}  ${invariant}  ${rule}`,
    );
    for (const { subject, detail } of broken) say(`              ${styleText('bold', subject)}: ${detail}`);
  }
  for (const { subject, detail } of open)
    say(`${styleText('yellow', '… open  ')}  ${styleText('bold', subject)}: ${detail}`);
}
