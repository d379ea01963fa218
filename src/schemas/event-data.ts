import { z } from 'zod';
import type { Mover } from '../domain/deadline.js';
import type { EventType } from '../domain/event.js';
import type { DisputeReport } from '../domain/money-report.js';
import type { CancelReason, OrderStatus, PaidReason, RefundReason } from '../domain/order.js';
import { adjustmentKinds } from '../domain/totals.js';

/** The field `data` of each event, as receivers get it by RabbitMQ and by HTTP. */

const says = (description: string) => ({ description });
const minor = z.int().meta(says('in minor units'));
const time = z.iso.datetime();
const currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .meta(says('a code of ISO 4217'));
const sku = z.string().min(1).max(64);

const order = {
  orderId: z.uuid(),
  userId: z.union([z.int(), z.string()]).nullable().meta(says('the userId of the checkout; null for a guest')),
  items: z.array(z.object({ sku, quantity: z.int().positive(), unitPrice: minor })).min(1),
  amount: minor,
  currency,
  adjustments: z
    .array(
      z.object({
        kind: z.enum(adjustmentKinds),
        label: z.string(),
        amount: minor,
        included: z.literal(true).optional(),
      }),
    )
    .optional()
    .meta(says('what the order costs beside its items; missing where the checkout had none')),
  reference: z.string().optional().meta(says("the shop's own number of the order")),
  metadata: z.record(z.string(), z.string()).optional(),
  paymentMethod: z.string().optional(),
  createdAt: time,
  expiresAt: time,
  status: z.enum(['placed', 'paid', 'canceled'] satisfies OrderStatus[]),
  settledAt: time.nullable().meta(says('null while the order is placed')),
  cancelReason: z
    .enum([
      'payment-window-expired',
      'customer-request',
      'operator-request',
      'stock-missing',
      'legacy-timeout',
    ] satisfies CancelReason[])
    .nullable(),
  paidReason: z
    .enum(['nothing-to-pay'] satisfies PaidReason[])
    .nullable()
    .meta(says('why the order is paid without a payment')),
  paymentId: z.string().nullable().meta(says('the payment that has paid the order')),
  succeeds: z.uuid().optional().meta(says('the canceled order whose late payment has paid this one')),
};

const payment = { paymentId: z.string(), provider: z.string(), amount: minor, currency };

const ofRefund = {
  ...payment,
  reason: z
    .enum([
      'order-canceled',
      'order-already-paid',
      'amount-mismatch',
      'order-unknown',
      'payment-closed',
      'operator-request',
      'provider-request',
    ] satisfies (RefundReason | 'operator-request' | 'provider-request')[])
    .meta(says('why the money goes back; provider-request: a person has sent it back at the provider')),
  order: z.object(order).optional().meta(says('where there is one')),
  orderId: z.string().optional().meta(says('where there is no such order: as the payment names it')),
  orderRefund: z
    .object({
      refundId: z.uuid(),
      amount: minor,
      lines: z.array(z.object({ sku, quantity: z.int().positive() })),
      restock: z.boolean(),
      reason: z.string().nullable(),
    })
    .optional()
    .meta(says('where a part of a paid order goes back, or all of it')),
};

const ofDispute = {
  ...payment,
  amount: minor.meta(says('what is disputed, in minor units')),
  disputeId: z.string().meta(says("the provider's own id of the dispute")),
  reason: z.string().nullable().meta(says("in the provider's words")),
  order: ofRefund.order,
  orderId: ofRefund.orderId,
};

const anOrder = z.object(order);

/** By the type of the event. Fields and types may come: a receiver ignores what it does not know. */
export const eventData = {
  'order.placed': anOrder,
  'order.paid': anOrder,
  'order.canceled': anOrder,
  'order.expiring': anOrder,
  'order.extended': z.object({
    ...order,
    previousExpiresAt: time,
    by: z.enum(['operator', 'shop', 'command', 'payment.processing'] satisfies Mover[]),
  }),
  'refund.required': z.object(ofRefund),
  'refund.succeeded': z.object({
    ...ofRefund,
    refundId: z.string().optional().meta(says("the provider's own id of the refund; not where it is `voided`")),
    voided: z.literal(true).optional().meta(says('the money was only authorised, and is released: none has moved')),
    refundedAmount: minor.optional().meta(says('where it is less than `amount`')),
  }),
  'refund.failed': z.object({ ...ofRefund, failure: z.string().meta(says("in the provider's words")) }),
  'dispute.opened': z.object(ofDispute),
  'dispute.closed': z.object({
    ...ofDispute,
    outcome: z.enum(['won', 'lost'] satisfies DisputeReport['outcome'][]).meta(says('lost: the money is gone')),
  }),
  'capture.failed': z.object({
    ...payment,
    order: anOrder,
    failure: z.string().meta(says("in the provider's words")),
  }),
  'payment.unplaced': z.object({ ...payment, orderId: z.string().meta(says('as the payment names it')) }),
  'stock.sold-out': z.object({ sku }),
  'stock.back': z.object({ sku, available: z.int().positive() }),
} as const satisfies Record<EventType, z.ZodType>;

export const eventSummaries = {
  'order.placed': 'A checkout was answered 201',
  'order.paid': 'An order is paid',
  'order.canceled': 'An order is canceled, and its stock is for sale again',
  'order.expiring': 'The deadline of an order that waits for its payment is near',
  'order.extended': 'The deadline of an order has moved',
  'refund.required': 'Money is to go back',
  'refund.succeeded': 'The provider has sent money back',
  'refund.failed': 'The provider will never send the money back: a person decides',
  'dispute.opened': "A customer's bank disputes a payment: a person answers at the provider",
  'dispute.closed': 'A dispute has ended: the money stays, or is gone',
  'capture.failed': 'The money of a paid order was authorised and can never be captured: a person decides',
  'payment.unplaced': 'A payment names an order that does not exist: a person decides',
  'stock.sold-out': 'Nothing of a product is available any more',
  'stock.back': 'A product is available again',
} as const satisfies Record<EventType, string>;
