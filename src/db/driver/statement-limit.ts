/** The server's limit is a second after the client's, so that the caller gets the client's error. */
const LATER_MS = 1_000;

/**
 * SQL that sets the server's own limit of a statement's time. Without this limit a statement that the client gave up
 * runs on and holds its locks. MariaDB limits every statement. MySQL limits SELECT only; the waits for locks limit the
 * others. Each server reads its own variable from a comment that the other server skips.
 */
export function limitStatements(timeoutMs: number): string {
  const ms = timeoutMs + LATER_MS;
  const [mariadb, mysql] = [`max_statement_time = ${ms / 1_000}`, `max_execution_time = ${ms}`];
  return `SET SESSION lock_wait_timeout = @@SESSION.lock_wait_timeout /*M!100101 , ${mariadb} */ /*!80000 , ${mysql} */`;
}
