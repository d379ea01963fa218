import { migrate } from '../db/migrate.js';
import { addProducts, type NewProduct } from '../db/products.js';
import { withMysql } from './with-mysql.js';

/** A small shop for experiments; prices in minor units. */
const shop: readonly NewProduct[] = [
  { sku: 'mug-red', name: 'Red mug', unitPrice: 1250, currency: 'EUR', stock: 100_000 },
  { sku: 'mug-blue', name: 'Blue mug', unitPrice: 1250, currency: 'EUR', stock: 100_000 },
  { sku: 'lamp', name: 'Desk lamp', unitPrice: 4900, currency: 'EUR', stock: 1_000 },
  { sku: 'print', name: 'Numbered print', unitPrice: 12_000, currency: 'EUR', stock: 10 },
];

type Ran = (name: string) => void;

/** Brings the schema up to date. @returns how many migrations ran now */
export async function migrateDatabase(mysqlUrl: string, ran?: Ran): Promise<number> {
  return await withMysql(mysqlUrl, 1, async (pool) => (await migrate(pool, ran)).length);
}

/** Brings the schema up to date and adds the shop's products where they are missing. @returns how many are new */
export async function seedShop(mysqlUrl: string, ran?: Ran): Promise<number> {
  return await withMysql(mysqlUrl, 1, async (pool) => {
    await migrate(pool, ran);
    return await addProducts(pool, shop);
  });
}
