import type { Client } from '@temporalio/client';
import { auditDatabase, countAudited } from '../db/audit.js';
import { owedRefunds } from '../db/owed-refunds.js';
import type { Pool } from '../db/pool.js';
import type { Finding, OpenItem } from '../domain/audit.js';
import { auditMessages } from './audit-messages.js';

export interface AuditReport {
  readonly findings: readonly Finding[];
  /** Refunds that are owed: no broken invariant, and to be seen until they are done. */
  readonly open: readonly OpenItem[];
  readonly audited: { readonly skus: number; readonly checkouts: number; readonly payments: number };
}

/** Longer than the reconciler needs to miss an order and have it ended: `RECONCILE_AFTER`, its pause, a settlement. */
const SLACK_SECONDS = 30;

/** Checks I1 to I6 against the database, the broker and Temporal. Reads only. */
export async function audit(deps: {
  readonly pool: Pool;
  readonly amqpUrl: string;
  readonly temporal: Client;
}): Promise<AuditReport> {
  const findings = await auditDatabase(deps.pool, SLACK_SECONDS);
  findings.push(...(await auditMessages(deps, SLACK_SECONDS)));
  return { findings, open: await openRefunds(deps.pool), audited: await countAudited(deps.pool) };
}

async function openRefunds(pool: Pool): Promise<OpenItem[]> {
  return (await owedRefunds(pool)).map(({ paymentId, provider, orderId, amount, currency, reason, forSeconds }) => ({
    subject: `payment ${paymentId}`,
    detail: `${amount} ${currency} for order ${orderId} (${reason}), owed by ${provider} for ${forSeconds} s`,
  }));
}
