import { REFUND_STATES } from '../domain/order-refund.js';
import { z } from './zod.js';

/** A refund of an order as the order's customer sees it. */
export const shownRefund = z
  .object({
    refundId: z.uuid(),
    amount: z.int().openapi({ description: 'in minor units' }),
    state: z.enum(REFUND_STATES).openapi({
      description:
        'required: the money is to go back. refunded: it went back. failed: the provider refuses, and a person decides. closed: the shop has ended that by hand. returned: units came back, and no money was to go back',
    }),
    lines: z.array(z.object({ sku: z.string(), quantity: z.int() })),
    at: z.iso.datetime(),
  })
  .openapi('ShownRefund');
