import { type Command, InvalidArgumentError } from 'commander';
import type { Pool } from '../../db/driver/pool.js';
import { accountName } from '../../stack/account-name.js';
import { withServers } from '../with-servers.js';
import { type CommandContext, exitWith } from './command-context.js';

/** The length of the column `changed_by` of `stock_changes`. */
const LONGEST_NAME = 100;

interface Flags {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly count?: boolean;
  readonly by?: string;
}

/** The catalogue as a file. */
export function addProductFiles(products: Command, { env, say, toStderr }: CommandContext): void {
  const onCatalogue = async <T>(work: (pool: Pool) => Promise<T>): Promise<T> => {
    const { withProducts } = await import('../products.js');
    return await withServers(env, { needed: ['MYSQL_URL'], makes: false }, (found) => withProducts(found, work));
  };

  products
    .command('import')
    .description('create and change products from a CSV file')
    .argument('<file>', 'the file, or - for the standard input')
    .option('--dry-run', 'print what would change, and change nothing')
    .option('--count', 'stock is what lies on the shelf, also of products that exist')
    .option('--json', 'print the result as JSON')
    .option('--by <name>', 'who changes it; your account here, if not given', nameOfPerson)
    .action(async (file: string, { dryRun = false, json = false, count = false, by = accountName() }: Flags) => {
      const { importCommand } = await import('../products-import.js');
      exitWith(await onCatalogue((pool) => importCommand(pool, { file, dryRun, json, count, by, say, toStderr })));
    });

  products
    .command('export')
    .description('write the catalogue as a CSV file that an import reads')
    .argument('[file]', 'the file; without it, or with -, the standard output')
    .action(async (file = '-') => {
      const { exportToFile, exportToStdout } = await import('../products-export.js');
      await onCatalogue((pool) => (file === '-' ? exportToStdout(pool) : exportToFile(pool, file, say)));
    });
}

function nameOfPerson(given: string): string {
  const name = given.trim();
  if (name !== '' && name.length <= LONGEST_NAME) return name;
  throw new InvalidArgumentError(`--by expects 1 to ${LONGEST_NAME} characters.`);
}
