import { auditDatabase } from '../../src/db/audit/audit.js';
import type { Pool } from '../../src/db/driver/pool.js';

/** A fast wrong answer is a failure. @throws when the audit of the database finds a broken invariant */
export async function audited(pool: Pool): Promise<void> {
  const findings = await auditDatabase(pool, 0);
  if (findings.length > 0) throw new Error(`the audit found ${JSON.stringify(findings.slice(0, 3))}`);
}
