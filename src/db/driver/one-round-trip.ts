import type { FieldPacket, QueryResult } from 'mysql2/promise';
import type { Transaction } from './transaction.js';

interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly resolve: (answer: [QueryResult, FieldPacket[]]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The same transaction, whose statements of one turn of the event loop are sent together, in the order of their calls.
 * The caller awaits all of them by `Promise.all`, and none sends a second statement after its answer: the second
 * statement could run after the ROLLBACK that follows an error of another one.
 * An error of one statement rejects all of them: the server runs no statement behind the error, and the transaction is
 * to be rolled back.
 */
export function inOneRoundTrip(transaction: Transaction): Transaction {
  let next: Statement[] = [];

  async function send(): Promise<void> {
    const statements = next;
    next = [];
    try {
      const sql = statements.map((statement) => statement.sql).join(';\n');
      const [results, fields] = await transaction.query(
        sql,
        statements.flatMap(({ values }) => values),
      );
      const several = statements.length > 1;
      for (const [index, { resolve }] of statements.entries()) {
        resolve((several ? [(results as unknown[])[index], fields[index]] : [results, fields]) as never);
      }
    } catch (error) {
      for (const { reject } of statements) reject(error);
    }
  }

  const query = (sql: string, values: readonly unknown[] = []) =>
    new Promise((resolve, reject) => {
      if (next.push({ sql, values, resolve, reject }) === 1) queueMicrotask(() => void send());
    });
  return { query } as Transaction;
}
