import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { LedgerEntry, LedgerKind, LedgerReference, LedgerState, PaymentLedger } from '../domain/ledger.js';
import { translatedStripe } from './stripe-errors.js';
import { orderIdIn } from './stripe-read.js';
import { inOurUnits } from './stripe-states.js';

/**
 * The movements on Stripe's balance, by its balance transactions (https://docs.stripe.com/reports/reporting-categories).
 * Their amounts may be in the currency of the account's bank. The amounts of what they are about are in the currency that
 * the customer has paid.
 */
export function createStripeLedger(stripe: Stripe): PaymentLedger {
  return {
    async *list({ since, until }) {
      const created = { gte: Math.floor(since.getTime() / 1_000), lt: Math.ceil(until.getTime() / 1_000) };
      const all = stripe.balanceTransactions.list({ created, limit: 100, expand: ['data.source'] });
      try {
        for await (const transaction of all) {
          const entry = toEntry(transaction);
          if (entry !== undefined) yield entry;
        }
      } catch (error) {
        throw translatedStripe(error);
      }
    },
    async of(reference) {
      try {
        return await states[reference.subject](stripe, reference);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'resource_missing') return undefined;
        throw translatedStripe(error);
      }
    },
  };
}

/** Fees, payouts and transfers have other categories. A failed charge is known by its status, and never counts. */
const kinds = new Map<string, LedgerKind>([
  ['charge', 'payment'],
  ['refund', 'refund'],
  ['refund_failure', 'refund-failed'],
  ['dispute', 'dispute'],
  ['dispute_reversal', 'dispute-reversed'],
]);

type Source = Pick<LedgerEntry, 'paymentId' | 'id' | 'amount' | 'currency' | 'orderId' | 'key'>;

/** @returns `undefined` for a movement that is not in our books, or that no payment intent has made */
function toEntry({
  id,
  reporting_category: category,
  source,
  created,
}: Stripe.BalanceTransaction): LedgerEntry | undefined {
  const kind = kinds.get(category);
  if (kind === undefined || source === null || typeof source === 'string') return undefined;
  const about = sourceOf(source as Stripe.Charge | Stripe.Refund | Stripe.Dispute);
  return about && { entryId: id, kind, ...about, at: new Date(created * 1_000) };
}

function sourceOf(source: Stripe.Charge | Stripe.Refund | Stripe.Dispute): Source | undefined {
  const paymentId = idOf(source.payment_intent);
  if (paymentId === undefined) return undefined;
  const named = namesIn(source);
  const money = moneyOf(source, Object.keys(named).length > 0);
  if (money === undefined) return undefined;
  return { paymentId, id: source.object === 'charge' ? paymentId : source.id, ...money, ...named };
}

/** As we write it; another program on the account may have a `key` of its own. */
const refundKey = z.string().regex(/^refund:[\x21-\x7e]{1,248}$/);

const namesIn = ({
  object,
  metadata,
}: Stripe.Charge | Stripe.Refund | Stripe.Dispute): Pick<Source, 'orderId' | 'key'> => {
  const orderId = object === 'charge' ? orderIdIn(metadata?.['orderId']) : undefined;
  const key = object === 'refund' ? refundKey.safeParse(metadata?.['key']).data : undefined;
  return { ...(orderId !== undefined && { orderId }), ...(key !== undefined && { key }) };
};

/** @throws when Stripe says a part of a minor unit about money that is ours */
function moneyOf(source: Stripe.Charge | Stripe.Refund | Stripe.Dispute, isOurs: boolean) {
  if (source.object === 'charge' && source.status !== 'succeeded') return undefined;
  const units = source.object === 'charge' ? source.amount_captured : source.amount;
  const money = inOurUnits(units, source.currency);
  if (money === undefined && isOurs) throw new Error(`Stripe says ${units} ${source.currency} of ${source.id}`);
  return money;
}

const idOf = (named: string | { readonly id: string } | null): string | undefined =>
  named === null ? undefined : typeof named === 'string' ? named : named.id;

type Find = (stripe: Stripe, reference: LedgerReference) => Promise<LedgerState | undefined>;

const states: Readonly<Record<LedgerReference['subject'], Find>> = {
  async payment(stripe, { id }) {
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    return charge === null || typeof charge === 'string' ? undefined : moneyOf(charge, true);
  },
  async refund(stripe, { id }) {
    const refund = await stripe.refunds.retrieve(id);
    const { amount, currency } = required(refund);
    const moved = [refund.balance_transaction, refund.failure_balance_transaction].filter((one) => one != null).length;
    if (moved === 1) return { amount: -amount, currency };
    const isOver = refund.status === 'failed' || refund.status === 'canceled';
    return { amount: 0, currency, ...(moved === 0 && !isOver && { pending: true }) };
  },
  async dispute(stripe, { id }) {
    const dispute = await stripe.disputes.retrieve(id);
    const { amount, currency } = required(dispute);
    if (dispute.balance_transactions.length === 0) return undefined;
    return { amount: dispute.balance_transactions.length === 1 ? -amount : 0, currency };
  },
};

function required(source: Stripe.Refund | Stripe.Dispute) {
  const money = moneyOf(source, true);
  if (money === undefined) throw new Error(`Stripe says no amount of ${source.id}`);
  return money;
}
