import type { StackContext } from './context.js';

/** Databases whose names begin so belong to the accounts too: tests, benchmarks and fault runs make their own. */
const grantedPrefixes = ['orders', 'test', 'bench', 'chaos'];

/** The owner of the schema, for `orders migrate` and its like; the programs' own account reads and writes rows alone. */
const accounts = { orders: 'ALL', orders_rows: 'SELECT, INSERT, UPDATE, DELETE' } as const;

/** The account that may only read and write rows, in place of the owner's in a `mysql://` address. */
export function rowsUrl(mysqlUrl: string): string {
  const url = new URL(mysqlUrl);
  url.username = 'orders_rows' satisfies keyof typeof accounts;
  return url.href;
}

/** The database and its two accounts, which cannot see anything else; safe to run again. */
export function accountStatements({ mysqlDatabase, secrets }: StackContext): string[] {
  const databases = [mysqlDatabase, ...grantedPrefixes.map((prefix) => `${prefix}\\_%`)];
  return [
    `CREATE DATABASE IF NOT EXISTS \`${mysqlDatabase}\` CHARACTER SET utf8mb4`,
    ...Object.entries(accounts).flatMap(([name, rights]) => [
      `CREATE USER IF NOT EXISTS '${name}'@'%' IDENTIFIED BY '${secrets.mysql}'`,
      `ALTER USER '${name}'@'%' IDENTIFIED BY '${secrets.mysql}'`,
      ...databases.map((database) => `GRANT ${rights} ON \`${database}\`.* TO '${name}'@'%'`),
    ]),
  ];
}
