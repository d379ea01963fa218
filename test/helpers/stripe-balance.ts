/**
 * Stripe's balance transactions in memory: https://docs.stripe.com/api/balance_transactions. A refund or a dispute moves
 * money when it is made, and moves it back when it fails or is won. The newest comes first.
 */

export type StripeBalance = ReturnType<typeof createStripeBalance>;

interface Money {
  readonly amount: number;
  readonly currency: string;
}

interface Transaction extends Money {
  readonly object: 'balance_transaction';
  readonly id: string;
  readonly type: string;
  readonly reporting_category: string;
  readonly created: number;
  /** The key of the object that the transaction is about. */
  readonly about: string;
}

type StripeObject = Readonly<Record<string, unknown>> & { readonly id: string };
type Answer = readonly [status: number, body: object];

export function createStripeBalance() {
  const transactions: Transaction[] = [];
  const objects = new Map<string, StripeObject>();
  let made = 0;
  let clock = () => Math.floor(Date.now() / 1_000);

  function put(object: StripeObject): StripeObject {
    objects.set(object.id, object);
    return object;
  }

  function move(type: string, category: string, about: string, money: Money): string {
    const id = `txn_${++made}`;
    const created = clock();
    transactions.push({
      object: 'balance_transaction',
      id,
      type,
      reporting_category: category,
      created,
      about,
      ...money,
    });
    return id;
  }

  /** The money of the bank's account may have another currency than what the customer has paid. */
  const settled = ({ amount, currency }: Money, sign: number): Money =>
    currency === 'usd'
      ? { amount: Math.round(sign * amount * 0.9), currency: 'eur' }
      : { amount: sign * amount, currency };

  function page(query: URLSearchParams): Answer {
    const [from, to] = [Number(query.get('created[gte]') ?? 0), Number(query.get('created[lt]') ?? Infinity)];
    const wanted = transactions.filter(({ created }) => created >= from && created < to).reverse();
    const after = query.get('starting_after');
    const start = after === null ? 0 : wanted.findIndex(({ id }) => id === after) + 1;
    const limit = Number(query.get('limit') ?? 10);
    const found = wanted.slice(start, start + limit);
    const isExpanded = query.get('expand[0]') === 'data.source';
    const data = found.map(({ about, ...one }) => ({ ...one, source: isExpanded ? objects.get(about) : about }));
    return [
      200,
      { object: 'list', data, has_more: start + data.length < wanted.length, url: '/v1/balance_transactions' },
    ];
  }

  const chargeOf = (intent: string) =>
    [...objects.values()].find((one) => one['object'] === 'charge' && one['payment_intent'] === intent);

  return {
    chargeOf,
    /** What is made from now on has this time. */
    setClock(now: () => Date) {
      clock = () => Math.floor(now().getTime() / 1_000);
    },
    /** An authorisation has `status` as a charge has, and nothing is `captured`: no money moves. */
    charge(
      intent: { readonly id: string; readonly metadata: object } & Money,
      status = 'succeeded',
      captured = intent.amount,
    ): void {
      if (chargeOf(intent.id) !== undefined) return;
      const { amount, currency, metadata } = intent;
      const of = { payment_intent: intent.id, amount, amount_captured: captured, currency, metadata, status };
      const { id } = put({ object: 'charge', id: `ch_${intent.id}`, ...of });
      if (captured === 0) return;
      move(status === 'pending' ? 'payment' : 'charge', 'charge', id, settled({ amount: captured, currency }, 1));
    },
    refund(
      refund: { readonly id: string; readonly payment_intent: string; readonly metadata: object } & Money,
      status: string,
    ): void {
      const of = { ...refund, status, failure_reason: null };
      const isMoved = status === 'succeeded' || status === 'pending';
      const transaction = isMoved ? move('refund', 'refund', refund.id, settled(refund, -1)) : null;
      put({ object: 'refund', ...of, balance_transaction: transaction });
    },
    /** Days later. */
    failRefund(id: string): void {
      const refund = objects.get(id) as (StripeObject & Money) | undefined;
      if (refund === undefined) throw new Error(`no refund ${id}`);
      const back = move('refund_failure', 'refund_failure', id, settled(refund, 1));
      put({
        ...refund,
        status: 'failed',
        failure_reason: 'expired_or_canceled_card',
        failure_balance_transaction: back,
      });
    },
    /** An inquiry (`warning_needs_response`) takes no money. */
    dispute(id: string, of: { readonly payment_intent: string } & Money, status = 'needs_response'): void {
      const moved = status.startsWith('warning') ? [] : [move('adjustment', 'dispute', id, settled(of, -1))];
      put({ object: 'dispute', id, ...of, status, reason: 'fraudulent', metadata: {}, balance_transactions: moved });
    },
    winDispute(id: string): void {
      const dispute = objects.get(id) as (StripeObject & Money & { balance_transactions: string[] }) | undefined;
      if (dispute === undefined) throw new Error(`no dispute ${id}`);
      const back = move('adjustment', 'dispute_reversal', id, settled(dispute, 1));
      put({ ...dispute, status: 'won', balance_transactions: [...dispute.balance_transactions, back] });
    },
    /** A payout, a fee, a transfer. */
    other(type: string, money: Money): void {
      const { id } = put({ object: type, id: `${type}_${++made}`, ...money });
      move(type, type, id, money);
    },
    /** @returns `undefined` for a path that is not one of these */
    answer(method: string, { pathname, searchParams: query }: URL): Answer | undefined {
      if (method !== 'GET') return undefined;
      if (pathname === '/v1/balance_transactions') return page(query);
      const [, kind, id = ''] = /^\/v1\/(refunds|disputes)\/([^/]+)$/.exec(pathname) ?? [];
      if (kind === undefined) return undefined;
      const object = objects.get(id);
      const missing = { type: 'invalid_request_error', code: 'resource_missing', message: `No such object: '${id}'` };
      return object === undefined ? [404, { error: missing }] : [200, object];
    },
  };
}
