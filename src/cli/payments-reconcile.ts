import { loadConfig } from '../config/config.js';
import { lateSalesOf } from '../config/late-sales.js';
import { createSettlements } from '../db/orders/settlements.js';
import { storeReport } from '../db/reports/store-report.js';
import type { MoneyReport } from '../domain/money-report.js';
import type { Span } from '../domain/span.js';
import { providersOf } from '../payments/providers.js';
import type { FoundReport } from '../process/reconcile-ledger.js';
import { type Reconciled, reconcilePayments } from '../process/reconcile-payments.js';
import { CommandError } from './command-error.js';
import { counted } from './counted.js';
import { requireSchema } from './require-schema.js';
import { withMysql } from './with-mysql.js';

const variables = [
  'MYSQL_URL',
  'UNPLACED_PAYMENTS',
  'LATE_PAYMENTS',
  'LATE_SALES_WITHIN',
  'PAYMENT_PROVIDER_URL',
  'PAYMENT_PROVIDER_TOKEN',
  'PAYMENT_CAPTURE',
  'STRIPE_CAPTURE',
  'STRIPE_SECRET_KEY',
  'STRIPE_API_URL',
] as const;

interface Options extends Span {
  readonly provider: string | undefined;
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly say: (line: string) => void;
}

/**
 * Finds the payments that no webhook has reported. The settlement marks the report to Temporal as due, and the bridge's
 * sweeps start the refunds: the command needs the database and the providers only.
 *
 * @returns false when a person has to look at a payment
 * @throws {CommandError} when no such provider is configured
 */
export async function reconcileCommand(env: NodeJS.ProcessEnv, options: Options): Promise<boolean> {
  const config = loadConfig(env, variables);
  const { provider: wanted, json, dryRun, say, ...span } = options;
  const configured = providersOf(config);
  const providers = configured.filter(({ name }) => wanted === undefined || name === wanted);
  if (providers.length === 0) throw noProvider(wanted, configured);
  return await withMysql(config.MYSQL_URL, 5, async (pool) => {
    await requireSchema(pool);
    const settlements = createSettlements(pool, { unplaced: config.UNPLACED_PAYMENTS, ...lateSalesOf(config) });
    const receive = dryRun ? undefined : settlements.receive;
    const report = dryRun ? undefined : (one: MoneyReport) => storeReport(pool, one);
    const all: Reconciled[] = [];
    for (const provider of providers) all.push(await reconcilePayments({ pool, receive, report }, provider, span));
    if (json) say(JSON.stringify(all, null, 2));
    else for (const reconciled of all) print(reconciled, say);
    return all.every(isClean);
  });
}

/** Whether no person has to look. */
const isClean = ({ found, different, reports }: Reconciled): boolean =>
  different.length === 0 &&
  [...found, ...(reports ?? [])].every(({ result }) => result !== 'conflict' && result !== 'contradicting');

/** The error for a provider that is not configured. */
export function noProvider(wanted: string | undefined, configured: readonly { readonly name: string }[]): CommandError {
  const names = configured.map(({ name }) => name).join(', ');
  return new CommandError(
    names === ''
      ? 'No payment provider is configured: set PAYMENT_PROVIDER_URL, or STRIPE_SECRET_KEY.'
      : `There is no provider ${wanted}. Configured: ${names}`,
  );
}

function print({ provider, listed, ours, found, different, reports }: Reconciled, say: Options['say']): void {
  for (const { paymentId, orderId, amount, currency, result } of found) {
    say(`found      ${paymentId}  ${amount} ${currency}, order ${orderId}: ${words[result]}`);
  }
  for (const { paymentId, orderId, amount, currency, there } of different) {
    const theirs = there === null ? 'has no such paid payment' : `says ${there.amount} ${there.currency}`;
    say(`different  ${paymentId}  ${amount} ${currency}, order ${orderId}: ${provider} ${theirs}`);
  }
  for (const { type, subject, id, paymentId, amount, currency, result } of reports ?? []) {
    say(`found      ${subject} ${id}  ${amount} ${currency} of payment ${paymentId}, ${type}: ${reportWords[result]}`);
  }
  if (reports === null) say(`${provider} has no ledger: its refunds and disputes are not compared.`);
  say(
    `${provider}: ${counted(listed, 'payment')} listed there, ${ours} received here; ${found.length + (reports ?? []).length} found, ${different.length} different.`,
  );
}

/** `received`: the order's stock is locked, and the bridge decides the payment within seconds. */
const words: Readonly<Record<Reconciled['found'][number]['result'], string>> = {
  missing: 'not here (dry run, nothing changed)',
  conflict: 'contradicts an earlier event: a person has to look',
  received: 'stored, the bridge decides it',
  accepted: 'it has paid the order',
  refund_required: 'it goes back',
  refunded: 'it went back',
  refund_failed: 'it could not go back',
  unplaced: 'its order is not known: orders payments list --unplaced',
  closed: 'a person has closed it',
  voided: 'its authorisation is given up',
};

const reportWords: Readonly<Record<FoundReport['result'], string>> = {
  missing: 'not here (dry run, nothing changed)',
  conflict: 'contradicts an earlier report: a person has to look',
  contradicting: 'the books cannot hold it: a person has to look',
  stored: 'the books have it',
  repeated: 'was stored before',
  unplaced: 'kept until its payment is decided',
};
