import { openCaptures } from '../db/authorisations/owed.js';
import { createPool } from '../db/driver/pool.js';
import { isUnavailable } from '../domain/errors.js';
import type { Finding } from './doctor-finding.js';

const what = 'captures';

/** So many payments are named. */
const SHOWN = 3;

/**
 * One line, for all captures that the provider has refused for good. The providers' words are not printed: `orders payments
 * show` has them.
 *
 * @param mysqlUrl a well-formed address; undefined where the database itself is the finding
 */
export async function diagnoseCaptures(mysqlUrl: string | undefined): Promise<Finding[]> {
  const refused = mysqlUrl === undefined ? undefined : await refusedOf(mysqlUrl);
  if (refused === undefined) return [];
  if (refused.length === 0) return [{ what, found: 'none is refused' }];
  const [ids, more] = [refused.slice(0, SHOWN).join(' '), refused.length - SHOWN];
  const named = more > 0 ? `${ids} and ${more} more` : ids;
  const found = `${refused.length} refused for good, the orders are paid and their money is not here: ${named}`;
  return [{ what, found, mend: `orders payments list --owed has the reasons, then orders payments capture ${ids}` }];
}

/** @returns undefined for a database that is away, or that has no tables yet */
async function refusedOf(url: string): Promise<readonly string[] | undefined> {
  const pool = createPool({ url, size: 1 });
  try {
    const open = await openCaptures(pool);
    return open.filter(({ state }) => state === 'failed').map(({ paymentId }) => paymentId);
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return undefined;
  } finally {
    await pool.end();
  }
}
