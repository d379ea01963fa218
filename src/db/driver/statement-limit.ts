/** The client gives up first, so that what it reports is its own. */
const LATER_MS = 1_000;

/**
 * Ends on the server what the client gave up, which would else run on and hold its locks: for every statement of
 * MariaDB, and for what reads in MySQL, where the waits for locks bound the others. Each server takes its own variable
 * out of a comment that the other one skips.
 */
export function limitStatements(timeoutMs: number): string {
  const ms = timeoutMs + LATER_MS;
  const [mariadb, mysql] = [`max_statement_time = ${ms / 1_000}`, `max_execution_time = ${ms}`];
  return `SET SESSION lock_wait_timeout = @@SESSION.lock_wait_timeout /*M!100101 , ${mariadb} */ /*!80000 , ${mysql} */`;
}
