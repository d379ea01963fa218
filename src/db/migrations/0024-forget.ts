/**
 * The orders whose personal data was overwritten. `workflows_due` is 1 until Temporal has no workflow of the order any
 * more: a command that dies in between leaves the rest to the next one.
 */
export const statements = [
  `CREATE TABLE IF NOT EXISTS forgotten_orders (
    order_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    forgotten_at DATETIME(3) NOT NULL,
    workflows_due TINYINT UNSIGNED NULL,
    INDEX workflows_due (workflows_due, order_id),
    CONSTRAINT workflows_due_is_one CHECK (workflows_due IS NULL OR workflows_due = 1)
  ) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`,
];
