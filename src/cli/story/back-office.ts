import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from '../../db/driver/pool.js';
import { createStockChanges } from '../../db/stock/stock-changes.js';
import { importCommand } from '../products-import.js';

/** What a shop's people do with the catalogue and the stock, by the functions of the commands. */
export interface BackOffice {
  /** `orders products import FILE --count`. @returns what the command has printed */
  readonly importCsv: (csv: string) => Promise<string[]>;
  /** `orders stock receive SKU UNITS` */
  readonly receive: (sku: string, units: number) => Promise<void>;
}

const BY = 'story';

export const createBackOffice = (pool: Pool): BackOffice => ({
  async importCsv(csv) {
    const folder = await mkdtemp(join(tmpdir(), 'order-bridge-story-'));
    const file = join(folder, 'products.csv');
    const printed: string[] = [];
    const say = (line: string): void => void printed.push(line);
    try {
      await writeFile(file, csv);
      const how = { file, by: BY, count: true, dryRun: false, json: false };
      if (!(await importCommand(pool, { ...how, say, toStderr: () => undefined }))) throw new Error(printed.join('\n'));
    } finally {
      await rm(folder, { recursive: true });
    }
    return printed;
  },
  async receive(sku, quantity) {
    const change = { sku, kind: 'received', quantity, reason: 'the story restocks', reference: null, by: BY } as const;
    const asked = { ...change, idempotencyKey: randomUUID(), cancelNewestOrders: false };
    const result = await createStockChanges(pool).change(asked);
    if (result.kind !== 'changed') throw new Error(`the stock of ${sku} did not change: ${JSON.stringify(result)}`);
  },
});
