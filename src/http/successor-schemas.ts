import { z } from './zod.js';

/** Of an order that is read: how a late payment links it to another order. */

export const successorAnswer = {
  succeeds: z.uuid().nullable().openapi({ description: 'the canceled order whose late payment has paid this order' }),
  successor: z.uuid().nullable().openapi({
    description: 'of a canceled order: the order that its late payment has paid; the same token reads it',
  }),
};

const whereThereIsOne = z.string().optional().openapi({ description: 'where there is one' });

export const successorLinks = { succeeds: whereThereIsOne, successor: whereThereIsOne };
