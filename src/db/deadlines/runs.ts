import { hash } from 'node:crypto';
import type { RowDataPacket } from 'mysql2/promise';
import { v7 as uuid } from 'uuid';
import { translated } from '../driver/connection-errors.js';
import type { Pool } from '../driver/pool.js';
import { inTransaction } from '../driver/transaction.js';

/** A run that stopped longer ago is not continued: the person may mean a new one. A rule of thumb. */
const CONTINUED_HOURS = 24;

/** One run of a command that changes many orders. */
export interface BulkRun {
  readonly runId: string;
  /** When the run began, if it was interrupted and goes on now. */
  readonly interruptedSince: Date | undefined;
  /** Ends the run: the same command is another run afterwards. */
  readonly end: () => Promise<void>;
}

/**
 * Begins a run of a command, or goes on with the run of the same command that was interrupted. Two that run at the same
 * time share the run.
 *
 * @param command what the command does, and with which orders
 * @throws {DomainError} `dependency-unavailable`
 */
export async function beginRun(pool: Pool, command: string): Promise<BulkRun> {
  const key = hash('sha256', command, 'buffer');
  const fresh = uuid();
  const run = await inTransaction(pool, async (transaction) => {
    // The assignments run from left to right, and `ended_at` is read before it is cleared.
    await transaction.query(
      `INSERT INTO bulk_runs (command, run_id, begun_at) VALUES (?, ?, UTC_TIMESTAMP(3))
       ON DUPLICATE KEY UPDATE
         run_id = IF(ended_at IS NULL AND begun_at > UTC_TIMESTAMP(3) - INTERVAL ? HOUR, run_id, VALUES(run_id)),
         begun_at = IF(run_id = VALUES(run_id), VALUES(begun_at), begun_at),
         ended_at = NULL`,
      [key, fresh, CONTINUED_HOURS],
    );
    const [[row]] = await transaction.query<(RowDataPacket & { runId: string; begunAt: Date })[]>(
      'SELECT run_id AS runId, begun_at AS begunAt FROM bulk_runs WHERE command = ?',
      [key],
    );
    if (row === undefined) throw new Error('a run that was just written is not there');
    return row;
  });
  return {
    runId: run.runId,
    interruptedSince: run.runId === fresh ? undefined : run.begunAt,
    async end() {
      try {
        await pool.query('UPDATE bulk_runs SET ended_at = UTC_TIMESTAMP(3) WHERE command = ? AND run_id = ?', [
          key,
          run.runId,
        ]);
      } catch (error) {
        throw translated(error);
      }
    },
  };
}
