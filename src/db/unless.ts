/**
 * Changes a table unless the schema has the change already. MySQL has no IF NOT EXISTS for columns and indexes, and a
 * migration that died before it was recorded runs again.
 *
 * @param found a table of `information_schema` with a WHERE: a row means that the change is done
 */
export const unless = (found: string, change: string): string[] => [
  `SET @missing = (SELECT COUNT(*) = 0 FROM information_schema.${found})`,
  `SET @change = IF(@missing, '${change}', 'DO 0')`,
  'PREPARE change_table FROM @change',
  'EXECUTE change_table',
  'DEALLOCATE PREPARE change_table',
];

export const column = (table: string, name: string): string =>
  `columns WHERE table_schema = DATABASE() AND table_name = '${table}' AND column_name = '${name}'`;

export const index = (table: string, name: string): string =>
  `statistics WHERE table_schema = DATABASE() AND table_name = '${table}' AND index_name = '${name}'`;
