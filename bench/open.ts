import type { Bench, Figure } from './harness/figure.js';
import { openRows } from './open/database.js';
import { openWorkflows } from './open/workflows.js';

/**
 * What open orders cost those who do not end. 100,000 orders are rows only, because Temporal cannot start so many
 * workflows in the time of a benchmark; the timers and the worker's memory are measured with 2,000 workflows. Both end
 * with the audit.
 */
export async function open(bench: Bench): Promise<Figure[]> {
  return [...(await openRows(bench)), ...(await openWorkflows())];
}
