/**
 * A small model of an order's life, written without the code of src/. The tests compare the real database with the
 * model. A state is a value. Each operation returns the next state and the expected answer.
 */

/** Times in milliseconds after the checkout: its deadline, two deadlines to which it may be moved, and the latest. */
export const DEADLINES = { first: 30 * 60_000, moves: [31 * 60_000, 32 * 60_000], latest: 60 * 60_000 } as const;
/** By so much a payment in processing moves a deadline, once. */
export const PROCESSING_MS = 7 * 60_000;

export type Money = 'right' | 'too-little' | 'too-much' | 'other-currency';
export type Reason = 'payment-window-expired' | 'customer-request' | 'legacy-timeout' | 'operator-request';

/** `event` is the provider's id of the webhook; `forged` is the same id over other bytes. */
export interface Webhook {
  readonly event: number;
  readonly payment: number;
  readonly money: Money;
  readonly failed: boolean;
  /** The payment is only being processed. */
  readonly processing?: true;
  readonly forged: boolean;
}

export type Operation =
  | { readonly do: 'record' }
  | { readonly do: 'store'; readonly webhook: Webhook }
  | { readonly do: 'receive'; readonly webhook: Webhook }
  | { readonly do: 'pay'; readonly payment: number | 'of-another-order' }
  | { readonly do: 'expire' }
  | { readonly do: 'cancel'; readonly reason: Reason }
  | { readonly do: 'refunded'; readonly payment: number }
  | { readonly do: 'extend'; readonly move: 0 | 1 }
  | { readonly do: 'return'; readonly key: 0 | 1; readonly part: Part }
  | { readonly do: 'returned'; readonly key: 0 | 1; readonly as: 'refunded' | 'failed' };

/** What an operator sends back of a paid order: one minor unit, or all money and all units that are left. */
export type Part = 'one' | 'all';

/** A refund of the paid order. */
interface ModelReturn {
  readonly part: Part;
  readonly state: 'required' | 'refunded' | 'failed' | 'returned';
}

type PaymentState = 'received' | 'accepted' | 'refund_required' | 'refunded';

export interface ModelPayment {
  /** As the first webhook reported it. */
  readonly money: Money;
  readonly state: PaymentState;
  readonly why: string | null;
}

export interface Model {
  /** Whether the order has its row. */
  readonly recorded: boolean;
  readonly status: 'placed' | 'paid' | 'canceled';
  readonly reason: Reason | null;
  readonly paidBy: number | null;
  readonly deadline: number;
  /** Whether a payment in processing has moved the deadline. */
  readonly processed: boolean;
  readonly payments: Readonly<Record<number, ModelPayment>>;
  /** The bytes with which each event was stored. */
  readonly events: Readonly<Record<number, string>>;
  /** Whether this shop sells to late payments, and the late payment that has bought. */
  readonly sells: boolean;
  readonly soldTo: number | null;
  /** The refunds of the paid order, by their keys. */
  readonly returns: Readonly<Record<number, ModelReturn>>;
}

export const placed: Model = {
  recorded: false,
  status: 'placed',
  reason: null,
  paidBy: null,
  deadline: DEADLINES.first,
  processed: false,
  payments: {},
  events: {},
  sells: false,
  soldTo: null,
  returns: {},
};

/** An order that costs nothing is recorded and paid by its checkout. */
export const costsNothing: Model = { ...placed, recorded: true, status: 'paid' };

/** The next state, and the answer as one line, so that answers compare by `===`. */
export type Step = readonly [next: Model, answer: string];

/** All possible steps: at the end of the window any of the waiting payments may pay. */
export function steps(model: Model, operation: Operation, late: boolean): readonly Step[] {
  // Every operation records the order, except for the storing of webhooks and refunds, and what is refused.
  const records = !['store', 'refunded', 'returned'].includes(operation.do);
  return decided(model, operation, late).map(([next, answer]) => [
    records && answer !== 'conflict' ? { ...next, recorded: true } : next,
    answer,
  ]);
}

function decided(model: Model, operation: Operation, late: boolean): readonly Step[] {
  switch (operation.do) {
    case 'record':
      return [[model, standing(model)]];
    case 'store':
      return [store(model, operation.webhook)];
    case 'receive':
      return [receive(model, operation.webhook, late)];
    case 'refunded':
      return [[refunded(model, operation.payment), 'noted']];
    case 'expire':
      return late ? endWindow(model, 'payment-window-expired') : [end(model, null)];
    case 'cancel':
      if (operation.reason !== 'legacy-timeout') return [end(model, operation.reason)];
      return late ? endWindow(model, operation.reason) : [end(model, null)];
    case 'extend':
      return [extend(model, operation.move, late)];
    case 'return':
      return [giveBack(model, operation.key, operation.part)];
    case 'returned':
      return [[sentBack(model, operation.key, operation.as), 'noted']];
    case 'pay':
      return [operation.payment === 'of-another-order' ? end(model, null) : pay(model, operation.payment)];
  }
}

const standing = ({ status, reason, paidBy }: Model): string => answerText(status, reason, paidBy, null);

/** An answer about an order as text, for the model and for the real system. */
export const answerText = (
  status: string,
  reason: string | null,
  paidBy: number | string | null,
  refund: string | null,
): string => [status, reason ?? '-', paidBy ?? '-', refund ?? '-'].join(' ');

export const bytesOf = (webhook: Webhook): string => JSON.stringify(webhook);

function end(model: Model, reason: Reason | null): Step {
  const next =
    model.status === 'placed' && reason !== null ? ({ ...model, status: 'canceled', reason } as const) : model;
  return [next, standing(next)];
}

/** The deadline moves only while the order is placed and its deadline is not past. */
function extend(model: Model, move: 0 | 1, late: boolean): Step {
  if (model.status !== 'placed') return [model, `ended ${model.status}`];
  if (late) return [model, 'overdue'];
  const deadline = DEADLINES.moves[move];
  return [{ ...model, deadline }, model.deadline === deadline ? 'unchanged' : 'moved'];
}

/** A key counts before the status and the sums. An order that cost nothing has units to return, and no money. */
function giveBack(model: Model, key: 0 | 1, part: Part): Step {
  const known = model.returns[key];
  if (known !== undefined) return [model, known.part === part ? 'refund again' : 'key-reused'];
  if (model.status !== 'paid') return [model, `not-paid ${model.status}`];
  if (Object.values(model.returns).some((other) => other.part === 'all'))
    return [model, part === 'all' ? 'nothing-left' : 'too-much'];
  if (part === 'one' && model.paidBy === null) return [model, 'too-much'];
  const state = model.paidBy === null ? 'returned' : 'required';
  return [{ ...model, returns: { ...model.returns, [key]: { part, state } } }, 'refund'];
}

/** What the provider has answered to the refund. Its success counts also after a refusal. */
function sentBack(model: Model, key: 0 | 1, as: 'refunded' | 'failed'): Model {
  const known = model.returns[key];
  const counts = known?.state === 'required' || (known?.state === 'failed' && as === 'refunded');
  if (known === undefined || !counts) return model;
  return { ...model, returns: { ...model.returns, [key]: { ...known, state: as } } };
}

function endWindow(model: Model, reason: Reason): readonly Step[] {
  const waiting = Object.entries(model.payments).filter(
    ([, { money, state }]) => `${money} ${state}` === 'right received',
  );
  if (model.status !== 'placed' || waiting.length === 0) return [end(model, reason)];
  return waiting.map(([payment]) => pay(model, Number(payment)));
}

function store(model: Model, webhook: Webhook): Step {
  const { event, payment, money } = webhook;
  const isMoney = !webhook.failed && !webhook.processing;
  const bytes = model.events[event];
  if (bytes !== undefined) return [model, bytes === bytesOf(webhook) ? 'repeated' : 'conflict'];
  const events = { ...model.events, [event]: bytesOf(webhook) };
  const known = model.payments[payment];
  if (!isMoney) return [{ ...model, events }, 'stored'];
  if (known) return [{ ...model, events }, known.money === money ? 'stored' : 'contradicting'];
  const stored: ModelPayment = { money, state: 'received', why: null };
  return [{ ...model, events, payments: { ...model.payments, [payment]: stored } }, 'stored'];
}

/** Stores the event and pays by its payment, as one step; a repeated event too, since its payment may be undecided. */
function receive(model: Model, webhook: Webhook, late: boolean): Step {
  const [stored, answer] = store(model, webhook);
  const counts = (answer === 'stored' || answer === 'repeated') && !webhook.failed;
  if (counts && webhook.processing) return [late ? stored : process(stored, webhook), answer];
  return counts ? [pay(stored, webhook.payment)[0], answer] : [stored, answer];
}

function process(model: Model, { money }: Webhook): Model {
  if (model.status !== 'placed' || model.processed || money !== 'right') return model;
  const deadline = Math.max(model.deadline, Math.min(model.deadline + PROCESSING_MS, DEADLINES.latest));
  return { ...model, deadline, processed: true };
}

function pay(model: Model, payment: number): Step {
  const stored = model.payments[payment];
  if (stored === undefined) return [model, standing(model)];
  const becomes = (state: PaymentState, why: string | null) => ({
    ...model.payments,
    [payment]: { ...stored, state, why },
  });
  if (stored.state === 'received' && model.status === 'placed' && stored.money === 'right') {
    const next: Model = { ...model, status: 'paid', paidBy: payment, payments: becomes('accepted', null) };
    return [next, standing(next)];
  }
  const { status, reason, paidBy } = model;
  const byWindow = reason === 'payment-window-expired' || reason === 'legacy-timeout';
  if (stored.state === 'received' && stored.money === 'right' && model.sells && byWindow && model.soldTo === null) {
    const next: Model = { ...model, soldTo: payment, payments: becomes('accepted', null) };
    return [next, standing(next)];
  }
  if (stored.state !== 'received') {
    return [
      model,
      answerText(status, reason, paidBy, stored.state === 'refund_required' ? `${payment} ${stored.why}` : null),
    ];
  }
  const why = { placed: 'amount-mismatch', paid: 'order-already-paid', canceled: 'order-canceled' }[status];
  return [
    { ...model, payments: becomes('refund_required', why) },
    answerText(status, reason, paidBy, `${payment} ${why}`),
  ];
}

function refunded(model: Model, payment: number): Model {
  const stored = model.payments[payment];
  if (stored?.state !== 'refund_required') return model;
  return { ...model, payments: { ...model.payments, [payment]: { ...stored, state: 'refunded' } } };
}
