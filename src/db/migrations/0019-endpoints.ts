/**
 * `endpoints` are the addresses that get events by HTTP. `url_in_use` is the SHA-256 of the address until the endpoint is
 * removed: an address has one endpoint. `leased_by` names the bridge that delivers to it, until `leased_until`.
 * `failures` counts the tries since the last success, and `retry_at` ends the pause after the last of them.
 *
 * `event_deliveries` has a row for each event that an endpoint gets: `waiting` until the endpoint has answered 2xx, then
 * `delivered`; `failed` when the retries are used up, `skipped` when a person has left the event out. The rows of one
 * `subject` are delivered in the order of `position`, which is the event's.
 *
 * `events` gets no column and no index for them, so that a checkout writes what it wrote before. Processes of the version
 * before know neither table.
 */
export const statements = [
  `CREATE TABLE IF NOT EXISTS endpoints (
    endpoint_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    url VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    url_in_use BINARY(32) NULL,
    event_types VARCHAR(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    signature ENUM('v1', 'v1a') NOT NULL,
    signing_keys JSON NOT NULL,
    public_key VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NULL,
    state ENUM('active', 'paused', 'removed') NOT NULL,
    paused_reason VARCHAR(500) NULL,
    paused_at DATETIME(3) NULL,
    created_by VARCHAR(100) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    active_since DATETIME(3) NOT NULL,
    failures INT UNSIGNED NOT NULL DEFAULT 0,
    failing_since DATETIME(3) NULL,
    last_failure VARCHAR(500) NULL,
    last_success_at DATETIME(3) NULL,
    retry_at DATETIME(3) NULL,
    leased_by CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
    leased_until DATETIME(3) NULL,
    UNIQUE KEY one_endpoint_per_url (url_in_use),
    CONSTRAINT paused_has_reason CHECK ((state = 'paused') = (paused_reason IS NOT NULL)),
    CONSTRAINT paused_has_time CHECK ((state = 'paused') = (paused_at IS NOT NULL)),
    CONSTRAINT removed_frees_url CHECK ((state = 'removed') = (url_in_use IS NULL))
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,

  `CREATE TABLE IF NOT EXISTS event_deliveries (
    position BIGINT UNSIGNED NOT NULL,
    endpoint_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    subject VARCHAR(264) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    state ENUM('waiting', 'delivered', 'failed', 'skipped') NOT NULL,
    attempts INT UNSIGNED NOT NULL DEFAULT 0,
    due_at DATETIME(3) NOT NULL,
    first_failed_at DATETIME(3) NULL,
    last_failure VARCHAR(500) NULL,
    ended_at DATETIME(3) NULL,
    PRIMARY KEY (position, endpoint_id),
    KEY due (endpoint_id, state, due_at, position),
    KEY of_subject (endpoint_id, subject, state, position),
    CONSTRAINT delivery_has_endpoint FOREIGN KEY (endpoint_id) REFERENCES endpoints (endpoint_id),
    CONSTRAINT waiting_has_no_end CHECK ((state = 'waiting') = (ended_at IS NULL))
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
];
