import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { GUEST } from '../customer-columns.js';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { atLength } from '../driver/time-limits.js';

/** Orders of one statement. Few, so that their rows are locked for a short time. */
const AT_ONCE = 500;

const lacksText = `o.user_id IS NULL AND o.customer IS NULL AND c.customer <> '${GUEST}'`;

/**
 * Writes the customer of each recorded order whose customer is a text, and whose row lacks the text: a process of the
 * version before customers of texts has recorded the order.
 *
 * @returns the ids of these orders
 * @throws {DomainError} `dependency-unavailable`
 */
export async function addMissingCustomers(pool: Pool): Promise<string[]> {
  const added: string[] = [];
  try {
    for (;;) {
      const [rows] = await pool.query<(RowDataPacket & { id: string })[]>({
        sql: `SELECT o.order_id AS id FROM checkouts c JOIN orders o ON o.order_id = c.order_id
              WHERE ${lacksText} ORDER BY o.order_id LIMIT ?`,
        values: [AT_ONCE],
        ...atLength,
      });
      if (rows.length === 0) return added;
      const ids = rows.map(({ id }) => id);
      await pool.query<ResultSetHeader>(
        `UPDATE orders o JOIN checkouts c ON c.order_id = o.order_id SET o.customer = c.customer
         WHERE o.order_id IN (?) AND ${lacksText}`,
        [ids],
      );
      added.push(...ids);
    }
  } catch (error) {
    throw translated(error);
  }
}
