import fc from 'fast-check';
import type { Operation, Webhook } from './order-model.js';

/** Operations on an order that run one after the other. */
export type Thread = readonly Operation[];

/**
 * An order's life as a test plays it: waves of threads. The threads of a wave run at once, on connections of their own.
 */
export interface Life {
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  readonly waves: readonly (readonly Thread[])[];
  /** Whether a voucher pays for everything. */
  readonly free: boolean;
  /** Whether a late payment buys what the order wanted. */
  readonly sells: boolean;
  /** The deadline passes before this wave. A number beyond the last wave means never. */
  readonly lateFrom: number;
}

export const SKUS = ['lamp', 'mug', 'pen'] as const;

/** The webhooks that a provider may send for an order. The same webhook again is the same event. */
const webhooks: readonly Webhook[] = [
  { event: 0, payment: 0, money: 'right', failed: false, forged: false },
  { event: 1, payment: 1, money: 'right', failed: false, forged: false },
  { event: 2, payment: 0, money: 'right', failed: false, forged: false },
  { event: 3, payment: 2, money: 'too-little', failed: false, forged: false },
  { event: 4, payment: 2, money: 'too-much', failed: false, forged: false },
  { event: 5, payment: 1, money: 'other-currency', failed: false, forged: false },
  { event: 6, payment: 0, money: 'right', failed: true, forged: false },
  { event: 0, payment: 2, money: 'right', failed: false, forged: true },
  { event: 7, payment: 0, money: 'right', failed: false, forged: false, processing: true },
  { event: 8, payment: 2, money: 'right', failed: false, forged: false, processing: true },
  { event: 9, payment: 1, money: 'too-little', failed: false, forged: false, processing: true },
];
const webhook = fc.constantFrom(...webhooks, ...webhooks.slice(0, 3));
const payment = fc.integer({ min: 0, max: 2 });
const cancelReason = fc.constantFrom('customer-request', 'legacy-timeout', 'operator-request' as const);
const always = (...operations: Operation[]) => fc.constant<Thread>(operations);

const key = fc.constantFrom(0, 1 as const);
const part = fc.constantFrom('one', 'all' as const);
/** What the provider answers to a refund of the paid order. */
const answer = fc.constantFrom('refunded', 'failed' as const);

const store = (event: Webhook): Operation => ({ do: 'store', webhook: event });
/** Stores an event, and settles its payment later, as a sweep does. Without money there is nothing to settle. */
const storeAndPay = (event: Webhook): Thread =>
  event.failed || event.processing ? [store(event)] : [store(event), { do: 'pay', payment: event.payment }];

const thread: fc.Arbitrary<Thread> = fc.oneof(
  { weight: 4, arbitrary: webhook.map(storeAndPay) },
  { weight: 4, arbitrary: webhook.map((event): Thread => [{ do: 'receive', webhook: event }]) },
  { weight: 1, arbitrary: webhook.map((event): Thread => [store(event)]) },
  { weight: 2, arbitrary: payment.map((number): Thread => [{ do: 'pay', payment: number }]) },
  { weight: 3, arbitrary: always({ do: 'expire' }) },
  { weight: 3, arbitrary: cancelReason.map((reason): Thread => [{ do: 'cancel', reason }]) },
  { weight: 2, arbitrary: always({ do: 'record' }) },
  { weight: 1, arbitrary: payment.map((number): Thread => [{ do: 'refunded', payment: number }]) },
  { weight: 1, arbitrary: always({ do: 'pay', payment: 'of-another-order' }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1 as const).map((move): Thread => [{ do: 'extend', move }]) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(key, part, answer, fc.boolean())
      .map(
        ([at, sent, as, isAnswered]): Thread => [
          { do: 'return', key: at, part: sent },
          ...(isAnswered ? [{ do: 'returned', key: at, as } as const] : []),
        ],
      ),
  },
  { weight: 1, arbitrary: fc.tuple(key, answer).map(([at, as]): Thread => [{ do: 'returned', key: at, as }]) },
);

const racing = fc
  .tuple(
    fc.array(thread, { minLength: 2, maxLength: 3 }),
    fc.array(fc.array(thread, { minLength: 1, maxLength: 2 }), { maxLength: 1 }),
  )
  .map(([first, others]) => [first, ...others]);
const inSequence = fc.array(
  thread.map((alone) => [alone]),
  { minLength: 2, maxLength: 5 },
);

export const life: fc.Arbitrary<Life> = fc.record({
  items: fc.uniqueArray(fc.record({ sku: fc.constantFrom(...SKUS), quantity: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 2,
    selector: ({ sku }) => sku,
  }),
  free: fc.nat({ max: 9 }).map((number) => number === 0),
  sells: fc.boolean(),
  waves: fc.oneof({ weight: 3, arbitrary: racing }, { weight: 1, arbitrary: inSequence }),
  lateFrom: fc.integer({ min: 0, max: 2 }),
});

/** Whether an operation of this life must end the order, whatever the other operations and their order. */
export const mustEnd = ({ waves, lateFrom }: Life): boolean =>
  waves.some((wave, index) =>
    wave.some(([first, then]) => {
      if (first?.do === 'expire') return index >= lateFrom;
      if (first?.do === 'cancel') return first.reason !== 'legacy-timeout' || index >= lateFrom;
      // No other webhook has another amount for the first payment, or uses the id of the third event.
      if (first?.do === 'receive') return first.webhook.event === 2;
      return first?.do === 'store' && first.webhook.event === 2 && then?.do === 'pay';
    }),
  );
