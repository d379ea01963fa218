import type { Config } from '../config/config.js';
import type { createCheckouts } from '../db/grouped-writes.js';
import type { CheckoutAccess } from '../http/checkout-caller.js';
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

/** Who may check out. Without a token everybody may, except in production. */
export const checkoutAccess = (
  config: Pick<Config, 'CHECKOUT_TOKEN' | 'CHECKOUT_OPEN' | 'NODE_ENV'>,
): CheckoutAccess => ({
  checkoutTokens: config.CHECKOUT_TOKEN ?? [],
  checkoutOpen: config.CHECKOUT_OPEN || (config.CHECKOUT_TOKEN === undefined && config.NODE_ENV !== 'production'),
});
