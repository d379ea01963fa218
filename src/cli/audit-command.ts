import pc from 'picocolors';
import { loadConfig } from '../config.js';
import { migrate } from '../db/migrate.js';
import { createPool } from '../db/pool.js';
import { INVARIANTS, type Invariant } from '../domain/audit.js';
import { createClient } from '../temporal/client.js';
import { type AuditReport, audit } from './audit.js';
import { repair } from './repair.js';

const variables = ['MYSQL_URL', 'AMQP_URL', 'TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_TASK_QUEUE'] as const;

/** Audits the system that `env` names and tells the result, after `repair` if that is asked for. @returns whether every invariant holds */
export async function auditCommand(
  env: NodeJS.ProcessEnv,
  options: { readonly json?: boolean; readonly repair?: boolean; readonly say: (line: string) => void },
): Promise<boolean> {
  const config = loadConfig(env, variables);
  const pool = createPool({ url: config.MYSQL_URL, size: 2 });
  const temporal = createClient({ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE });
  try {
    await migrate(pool);
    const repairs: string[] = [];
    if (options.repair) {
      const note = (line: string) => void repairs.push(line);
      await repair({ pool, temporal, taskQueue: config.TEMPORAL_TASK_QUEUE, say: note });
    }
    const report = await audit({ pool, temporal, amqpUrl: config.AMQP_URL });
    if (options.json) options.say(JSON.stringify({ ok: report.findings.length === 0, repairs, ...report }, null, 2));
    else {
      for (const line of repairs) options.say(`${pc.yellow('repaired')}  ${line}`);
      tell(report, options.say);
    }
    return report.findings.length === 0;
  } finally {
    await temporal.connection.close();
    await pool.end();
  }
}

function tell({ findings, open, audited }: AuditReport, say: (line: string) => void): void {
  say(`Audited ${audited.skus} SKUs, ${audited.checkouts} checkouts, ${audited.payments} payments.`);
  for (const [invariant, rule] of Object.entries(INVARIANTS) as [Invariant, string][]) {
    const broken = findings.filter((finding) => finding.invariant === invariant);
    say(`${broken.length === 0 ? pc.green('✔ holds ') : pc.red('✘ broken')}  ${invariant}  ${rule}`);
    for (const { subject, detail } of broken) say(`              ${pc.bold(subject)}: ${detail}`);
  }
  for (const { subject, detail } of open) say(`${pc.yellow('… refund')}  ${pc.bold(subject)}: ${detail}`);
}
