/**
 * What an order's life should be, in as few words as possible and without a look at src/: the tests compare the real
 * database with it. A state is a value; each operation gives the next state and the answer that is due.
 */

export type Money = 'right' | 'too-little' | 'too-much' | 'other-currency';
export type Reason = 'payment-window-expired' | 'customer-request' | 'legacy-timeout' | 'operator-request';

/** `event` is the provider's id of the webhook; `forged` is the same id over other bytes. */
export interface Webhook {
  readonly event: number;
  readonly payment: number;
  readonly money: Money;
  readonly failed: boolean;
  readonly forged: boolean;
}

export type Operation =
  | { readonly do: 'record' }
  | { readonly do: 'store'; readonly webhook: Webhook }
  | { readonly do: 'pay'; readonly payment: number | 'stranger' }
  | { readonly do: 'expire' }
  | { readonly do: 'cancel'; readonly reason: Reason }
  | { readonly do: 'refunded'; readonly payment: number };

type PaymentState = 'received' | 'accepted' | 'refund_required' | 'refunded';

export interface ModelPayment {
  /** As the first webhook told it. */
  readonly money: Money;
  readonly state: PaymentState;
  readonly why: string | null;
}

export interface Model {
  readonly status: 'placed' | 'paid' | 'canceled';
  readonly reason: Reason | null;
  readonly paidBy: number | null;
  readonly payments: Readonly<Record<number, ModelPayment>>;
  /** The bytes by which each event was stored. */
  readonly events: Readonly<Record<number, string>>;
}

export const placed: Model = { status: 'placed', reason: null, paidBy: null, payments: {}, events: {} };

/** A next state, and the answer in one line, so that answers compare by `===`. */
export type Step = readonly [next: Model, answer: string];

/** All that may happen: of several payments that wait at the window's end, any one pays. */
export function steps(model: Model, operation: Operation, late: boolean): readonly Step[] {
  switch (operation.do) {
    case 'record':
      return [[model, standing(model)]];
    case 'store':
      return [store(model, operation.webhook)];
    case 'refunded':
      return [[refunded(model, operation.payment), 'noted']];
    case 'expire':
      return late ? endWindow(model, 'payment-window-expired') : [end(model, null)];
    case 'cancel':
      if (operation.reason !== 'legacy-timeout') return [end(model, operation.reason)];
      return late ? endWindow(model, operation.reason) : [end(model, null)];
    case 'pay':
      return [operation.payment === 'stranger' ? end(model, null) : pay(model, operation.payment)];
  }
}

const standing = ({ status, reason, paidBy }: Model): string => said(status, reason, paidBy, null);

/** How an answer about an order is written, by the model and by the test that asks the real one. */
export const said = (
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

function endWindow(model: Model, reason: Reason): readonly Step[] {
  const waiting = Object.entries(model.payments).filter(
    ([, { money, state }]) => `${money} ${state}` === 'right received',
  );
  if (model.status !== 'placed' || waiting.length === 0) return [end(model, reason)];
  return waiting.map(([payment]) => pay(model, Number(payment)));
}

function store(model: Model, webhook: Webhook): Step {
  const { event, payment, money, failed } = webhook;
  const bytes = model.events[event];
  if (bytes !== undefined) return [model, bytes === bytesOf(webhook) ? 'repeated' : 'conflict'];
  const events = { ...model.events, [event]: bytesOf(webhook) };
  const known = model.payments[payment];
  if (failed) return [{ ...model, events }, 'stored'];
  if (known) return [{ ...model, events }, known.money === money ? 'stored' : 'contradicting'];
  const told: ModelPayment = { money, state: 'received', why: null };
  return [{ ...model, events, payments: { ...model.payments, [payment]: told } }, 'stored'];
}

function pay(model: Model, payment: number): Step {
  const told = model.payments[payment];
  if (told === undefined) return [model, standing(model)];
  const becomes = (state: PaymentState, why: string | null) => ({
    ...model.payments,
    [payment]: { ...told, state, why },
  });
  if (told.state === 'received' && model.status === 'placed' && told.money === 'right') {
    const next: Model = { ...model, status: 'paid', paidBy: payment, payments: becomes('accepted', null) };
    return [next, standing(next)];
  }
  const { status, reason, paidBy } = model;
  if (told.state !== 'received') {
    return [model, said(status, reason, paidBy, told.state === 'refund_required' ? `${payment} ${told.why}` : null)];
  }
  const why = { placed: 'amount-mismatch', paid: 'order-already-paid', canceled: 'order-canceled' }[status];
  return [{ ...model, payments: becomes('refund_required', why) }, said(status, reason, paidBy, `${payment} ${why}`)];
}

function refunded(model: Model, payment: number): Model {
  const told = model.payments[payment];
  if (told?.state !== 'refund_required') return model;
  return { ...model, payments: { ...model.payments, [payment]: { ...told, state: 'refunded' } } };
}
