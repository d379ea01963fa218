import { begunChecks } from './begun.js';
import type { Check } from './check.js';
import { eventChecks } from './events.js';
import { lateSaleChecks } from './late-sales.js';
import { orderChecks } from './orders.js';
import { paymentChecks } from './payments.js';
import { refundChecks } from './refunds.js';
import { stockChecks } from './stock.js';

/** In the order in which they run. */
export const checks: readonly Check[] = [
  ...stockChecks,
  ...orderChecks,
  ...lateSaleChecks,
  ...paymentChecks,
  ...begunChecks,
  ...refundChecks,
  ...eventChecks,
];
