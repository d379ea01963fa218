import type { AuditReport } from '../../src/cli/audit.js';
import { auditDatabase } from '../../src/db/audit/audit.js';
import type { Pool } from '../../src/db/driver/pool.js';

/** A fast wrong answer is a failure. @throws when the audit of the database finds a broken invariant */
export const audited = async (pool: Pool): Promise<void> => expectNone(await auditDatabase(pool, 0));

/** As {@link audited}, with the broker and Temporal. For benchmarks that let each message and each workflow get on. */
export const auditedWhole = async (system: { readonly audit: () => Promise<AuditReport> }): Promise<void> =>
  expectNone((await system.audit()).findings);

function expectNone(findings: readonly unknown[]): void {
  if (findings.length > 0) throw new Error(`the audit found ${JSON.stringify(findings.slice(0, 3))}`);
}
