import type { StackContext } from './context.js';

/** The accounts also own databases with these prefixes: tests, benchmarks and fault runs make their own databases. */
const grantedPrefixes = ['orders', 'test', 'bench', 'chaos'];

/** The owner of the schema, for commands such as `orders migrate`, and the processes' account, for rows only. */
const accounts = { orders: 'ALL', orders_rows: 'SELECT, INSERT, UPDATE, DELETE' } as const;

/** The same `mysql://` address, with the account that may only read and write rows. */
export function rowsUrl(mysqlUrl: string): string {
  const url = new URL(mysqlUrl);
  url.username = 'orders_rows' satisfies keyof typeof accounts;
  return url.href;
}

/** The statements that make the database and its two accounts, which have no other rights; safe to run again. */
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
