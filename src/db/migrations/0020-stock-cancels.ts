import { column, unless } from '../unless.js';

/** `canceled_orders`: the ids of the orders that a change of the stock has canceled. A repeated change is answered with them. */
export const statements = unless(
  column('stock_changes', 'canceled_orders'),
  'ALTER TABLE stock_changes ADD COLUMN canceled_orders JSON NULL',
);
