import { styleText } from 'node:util';
import { loadConfig } from '../config/config.js';
import type { Pool } from '../db/driver/pool.js';
import type { ProviderWithDesk } from '../domain/begun-payment.js';
import { LedgerMissingError, type LedgerMoney } from '../domain/ledger.js';
import type { LedgerComparison, LedgerDifference, LedgerInFlight, LedgerSum } from '../domain/ledger-comparison.js';
import type { Span } from '../domain/span.js';
import { providersOf } from '../payments/providers.js';
import { compareLedger } from '../process/compare-ledger.js';
import { CommandError } from './command-error.js';
import { counted } from './counted.js';
import { noProvider } from './payments-reconcile.js';
import { startProgress } from './progress.js';
import { requireSchema } from './require-schema.js';
import { withMysql } from './with-mysql.js';

export const ledgerVariables = [
  'MYSQL_URL',
  'PAYMENT_PROVIDER_URL',
  'PAYMENT_PROVIDER_TOKEN',
  'PAYMENT_CAPTURE',
  'STRIPE_CAPTURE',
  'STRIPE_SECRET_KEY',
  'STRIPE_API_URL',
] as const;

/** What is younger may still be on its way from one side to the other. */
const MARGIN_MS = 5 * 60_000;

interface Options {
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
  readonly provider?: string | undefined;
  readonly json?: boolean;
  readonly say: (line: string) => void;
  readonly toStderr?: (line: string) => void;
}

/**
 * Compares the ledgers of the providers with our books, and prints each difference. Writes nothing.
 *
 * @returns whether there is none
 * @throws {CommandError} when no such provider is configured, or a provider has no ledger
 */
export async function auditLedgerCommand(env: NodeJS.ProcessEnv, options: Options): Promise<boolean> {
  const config = loadConfig(env, ledgerVariables);
  const { provider: wanted, json, say, toStderr = () => undefined } = options;
  const { since = new Date(0), until = new Date(Date.now() - MARGIN_MS) } = options;
  if (since >= until) throw new CommandError(`--since expects a time before --until, which is ${until.toISOString()}.`);
  const configured = providersOf(config);
  const providers = configured.filter(({ name }) => wanted === undefined || name === wanted);
  if (providers.length === 0) throw noProvider(wanted, configured);
  const progress = startProgress(toStderr);
  try {
    return await withMysql(config.MYSQL_URL, 5, async (pool) => {
      await requireSchema(pool);
      const all: LedgerComparison[] = [];
      for (const provider of providers) {
        progress.become(`reading the ledger of ${provider.name}`);
        all.push(await compare(pool, provider, { since, until }, progress.become));
      }
      const ok = all.every(({ differences }) => differences.length === 0);
      if (json) say(JSON.stringify({ ok, ledgers: all }, null, 2));
      else for (const one of all) print(one, say);
      return ok;
    });
  } finally {
    progress.stop();
  }
}

async function compare(pool: Pool, provider: ProviderWithDesk, span: Span, become: (line: string) => void) {
  try {
    return await compareLedger(pool, provider, span, (n) => become(`${n} entries of ${provider.name} compared`));
  } catch (error) {
    if (error instanceof LedgerMissingError) throw new CommandError(`${provider.name} has no ledger: ${error.message}`);
    throw error;
  }
}

function print(compared: LedgerComparison, say: Options['say']): void {
  const { provider, entries, foreign, sums, inFlight, differences } = compared;
  const others = foreign === 0 ? '' : `, and ${foreign} of other programs on the account, which are left out`;
  say(`${provider}: ${counted(entries, 'movement')} compared${others}.`);
  if (foreign > 0) say(`              ${sessionsAmong(provider)}`);
  for (const sum of sums) say(`${mark(sum.difference === 0)}  ${provider} ${inWords(sum)}`);
  for (const difference of differences) say(`              ${named(difference)}`);
  for (const one of inFlight) say(`${styleText('yellow', '… in flight')}  ${underWay(provider, one)}`);
}

/** A movement names its order only where the payment itself does. */
const sessionsAmong = (provider: string): string =>
  `Among the latter may be a payment whose webhook was lost, and whose order only its Checkout Session names: orders payments reconcile --since TIME --provider ${provider} finds it.`;

const mark = (closes: boolean): string => (closes ? styleText('green', '✔ closes') : styleText('red', '✘ differs'));

function inWords({ currency, paidIn, paidOut, sold, waiting, inFlight, difference, edge }: LedgerSum): string {
  const rest = [
    [waiting, 'not sold'],
    [inFlight, 'in flight'],
    [edge, 'at the edges of the span'],
  ] as const;
  const others = rest.filter(([amount]) => amount !== 0).map(([amount, what]) => `, ${what} ${amount}`);
  return `${currency}: paid in ${paidIn}, paid out ${paidOut}, sold ${sold}${others.join('')}, difference ${difference}`;
}

const price = (money: LedgerMoney | null): string => (money === null ? 'nothing' : `${money.amount} ${money.currency}`);

function named({ provider, subject, id, paymentId, orderId, there, here, mend }: LedgerDifference): string {
  const what = subject === 'payment' ? `payment ${paymentId}` : `${subject} ${id} of payment ${paymentId}`;
  const order = orderId === null ? 'no order' : `order ${orderId}`;
  return `${styleText('bold', what)}, ${order}: ${provider} has ${price(there)}, our books have ${price(here)}. ${mend}`;
}

function underWay(provider: string, { id, paymentId, orderId, amount, currency, listedAs }: LedgerInFlight): string {
  const where =
    listedAs === undefined ? `asked for, ${provider} does not list it yet` : 'listed there, not recorded here yet';
  return `refund ${id} of payment ${paymentId}, order ${orderId}, ${amount} ${currency}: ${where}`;
}
