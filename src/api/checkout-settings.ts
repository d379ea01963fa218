import type { Config } from '../config/config.js';
import type { createCheckouts } from '../db/grouped-writes.js';
import { amountStepOf } from '../payments/providers.js';

/** The window and the limits of checkouts, by their variables. */
export const checkoutSettings = (
  config: Pick<
    Config,
    | 'PAYMENT_WINDOW'
    | 'MAX_WAITING_CHECKOUTS'
    | 'MAX_OPEN_ORDERS_PER_USER'
    | 'MAX_QUANTITY_PER_ORDER'
    | 'STRIPE_WEBHOOK_SECRET'
  >,
): Parameters<typeof createCheckouts>[1] => ({
  windowMs: config.PAYMENT_WINDOW,
  waiting: config.MAX_WAITING_CHECKOUTS,
  limits: {
    openOrders: config.MAX_OPEN_ORDERS_PER_USER,
    quantity: config.MAX_QUANTITY_PER_ORDER,
    amountStep: amountStepOf(config),
  },
});
