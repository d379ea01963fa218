import { loadConfig } from '../config/config.js';
import { lateSalesOf } from '../config/late-sales.js';
import { createSettlements } from '../db/orders/settlements.js';
import type { Span } from '../domain/begun-payment.js';
import { providersOf } from '../payments/providers.js';
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
    const all: Reconciled[] = [];
    for (const provider of providers) all.push(await reconcilePayments({ pool, receive }, provider, span));
    if (json) say(JSON.stringify(all, null, 2));
    else for (const reconciled of all) report(reconciled, say);
    return all.every(
      ({ found, different }) => different.length === 0 && found.every((one) => one.result !== 'conflict'),
    );
  });
}

function noProvider(wanted: string | undefined, configured: readonly { readonly name: string }[]): CommandError {
  const names = configured.map(({ name }) => name).join(', ');
  return new CommandError(
    names === ''
      ? 'No payment provider is configured: set PAYMENT_PROVIDER_URL, or STRIPE_SECRET_KEY.'
      : `There is no provider ${wanted}. Configured: ${names}`,
  );
}

function report({ provider, listed, ours, found, different }: Reconciled, say: Options['say']): void {
  for (const { paymentId, orderId, amount, currency, result } of found) {
    say(`found      ${paymentId}  ${amount} ${currency}, order ${orderId}: ${words[result]}`);
  }
  for (const { paymentId, orderId, amount, currency, there } of different) {
    const theirs = there === null ? 'has no such paid payment' : `says ${there.amount} ${there.currency}`;
    say(`different  ${paymentId}  ${amount} ${currency}, order ${orderId}: ${provider} ${theirs}`);
  }
  say(
    `${provider}: ${counted(listed, 'payment')} listed there, ${ours} received here; ${found.length} found, ${different.length} different.`,
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
};
