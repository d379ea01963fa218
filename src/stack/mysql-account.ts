import type { StackContext } from './context.js';

/** Databases whose names begin so belong to the account too: tests, benchmarks and fault runs make their own. */
const grantedPrefixes = ['orders', 'test', 'bench', 'chaos'];

/** The database and its one account, which cannot see anything else; safe to run again. */
export function accountStatements({ mysqlDatabase, secrets }: StackContext): string[] {
  const account = `'orders'@'%'`;
  return [
    `CREATE DATABASE IF NOT EXISTS \`${mysqlDatabase}\` CHARACTER SET utf8mb4`,
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${secrets.mysql}'`,
    `ALTER USER ${account} IDENTIFIED BY '${secrets.mysql}'`,
    `GRANT ALL ON \`${mysqlDatabase}\`.* TO ${account}`,
    ...grantedPrefixes.map((prefix) => `GRANT ALL ON \`${prefix}\\_%\`.* TO ${account}`),
  ];
}
