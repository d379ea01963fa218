import type { RowDataPacket } from 'mysql2/promise';
import { riskVariables, type ServerVariables } from '../../domain/risks.js';
import { translated } from './connection-errors.js';
import type { Pool } from './pool.js';

/** The server's settings of durability. Every account may read them. @throws {DomainError} `dependency-unavailable` */
export async function readServerVariables(pool: Pool): Promise<ServerVariables> {
  type Row = RowDataPacket & { readonly Variable_name: string; readonly Value: string };
  try {
    const [variables] = await pool.query<Row[]>('SHOW GLOBAL VARIABLES WHERE Variable_name IN (?)', [riskVariables]);
    const [status] = await pool.query<Row[]>("SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'");
    return new Map(
      [...variables, ...status].map(({ Variable_name: name, Value: value }) => [name.toLowerCase(), value]),
    );
  } catch (error) {
    throw translated(error);
  }
}
