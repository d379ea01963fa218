import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { addProductFiles } from './product-files.js';

/** The catalogue. */
export function addProducts(orders: Command, context: CommandContext): void {
  const products = orders.command('products').description('the catalogue');
  addProductFiles(products, context);
}
