import type { Command } from 'commander';
import { catalogueHelp } from './help-of-catalogue.js';
import { endpointsHelp } from './help-of-endpoints.js';
import { ordersHelp } from './help-of-orders.js';
import { stockHelp } from './help-of-stock.js';
import { type HelpText, MYSQL } from './help-text.js';

const TEMPORAL = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', "those of Temporal's SDK"];
const QUEUES = ['RABBITMQ_API_URL', 'ORDER_QUEUE', 'ORDER_QUEUE_TYPE', 'CONSUME_CANCEL_QUEUE'];
const AMQP = ['AMQP_URL'];
const PROVIDERS = ['PAYMENT_PROVIDER_URL', 'PAYMENT_PROVIDER_TOKEN', 'STRIPE_SECRET_KEY', 'STRIPE_API_URL'];
const PAYMENT = 'pay_01a21bd1';
const ORDER = '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10';

/** By the command's path: the name of the command behind the names of its parents, without `orders`. */
const helpTexts: Readonly<Record<string, HelpText>> = {
  orders: {
    examples: ['start', 'doctor', 'audit', 'payments list --open'],
    reads: ['see `orders COMMAND --help`; a command takes all of its servers from the environment, or none'],
    fails: 'a part could not be done',
  },
  start: {
    examples: ['start', 'start --no-story'],
    reads: ['all, and needs none: docs/configuration.md'],
    fails: 'a step of the story did not hold, or a server or a process did not start',
  },
  audit: {
    examples: ['audit', 'audit --json', 'audit --repair --since 2026-03-01T10:00:00Z', 'audit --ledger'],
    reads: [...MYSQL, ...AMQP, 'RABBITMQ_API_URL', 'ORDER_QUEUE', ...TEMPORAL, 'TEMPORAL_TASK_QUEUE', ...PROVIDERS],
    fails: 'an invariant is broken, the ledger differs, or there is no shop to look at',
  },
  doctor: {
    examples: ['doctor', 'doctor | grep wrong'],
    reads: ['all of the processes: docs/configuration.md'],
    fails: 'something is missing or wrong',
  },
  topology: {
    examples: ['topology --check', 'topology'],
    reads: [...AMQP, ...QUEUES],
    fails: 'something differs: nothing was declared then',
  },
  migrate: { examples: ['migrate'], reads: [...MYSQL], fails: 'a migration failed' },
  seed: { examples: ['seed'], reads: [...MYSQL], fails: 'the products could not be added' },
  temporal: {
    examples: ['temporal setup --check'],
    reads: TEMPORAL,
    fails: 'something is missing',
  },
  'temporal setup': {
    examples: ['temporal setup --check', 'temporal setup'],
    reads: TEMPORAL,
    fails: 'something is missing: each is named',
  },
  dlq: { examples: ['dlq list', 'dlq redrive --all'], reads: AMQP, fails: 'a letter is not there' },
  'dlq list': { examples: ['dlq list', 'dlq list --json'], reads: AMQP, fails: 'the queue could not be read' },
  'dlq show': { examples: [`dlq show ${ORDER}`], reads: AMQP, fails: 'there is no such letter' },
  'dlq redrive': {
    examples: [`dlq redrive ${ORDER}`, 'dlq redrive --all'],
    reads: AMQP,
    fails: 'a letter is not there, or could not be sent; each letter that was sent is named',
  },
  'dlq discard': { examples: [`dlq discard ${ORDER}`], reads: AMQP, fails: 'a letter is not there' },
  payments: {
    examples: ['payments list --open', `payments show ${PAYMENT}`],
    reads: MYSQL,
    fails: 'a payment is not there, or could not be changed',
  },
  'payments list': {
    examples: ['payments list --open', 'payments list --owed --json'],
    reads: MYSQL,
    fails: 'the database could not be read',
  },
  'payments show': { examples: [`payments show ${PAYMENT}`], reads: MYSQL, fails: 'there is no such payment' },
  'payments reconcile': {
    examples: [
      'payments reconcile --since 2026-03-01T00:00:00Z',
      'payments reconcile --since 2026-03-01T00:00:00Z --dry-run',
    ],
    reads: [...MYSQL, 'UNPLACED_PAYMENTS', ...PROVIDERS],
    fails: 'a person has to look at a payment: each is named',
  },
  'payments refund': {
    examples: [`payments refund ${PAYMENT}`, `payments refund ${PAYMENT} --note 'asked by mail'`],
    reads: MYSQL,
    fails: 'a payment could not be changed: each such payment is named with the reason',
  },
  'payments capture': {
    examples: [`payments capture ${PAYMENT}`, `payments capture ${PAYMENT} --note 'the card has money again'`],
    reads: MYSQL,
    fails: 'a payment could not be changed: each such payment is named with the reason',
  },
  'payments place': {
    examples: [`payments place ${PAYMENT} --order ${ORDER}`],
    reads: MYSQL,
    fails: 'the payment could not be placed: the reason is printed',
  },
  'payments close': {
    examples: [`payments close ${PAYMENT} --note 'paid back in cash'`],
    reads: MYSQL,
    fails: 'the payment could not be closed: the reason is printed',
  },
  ...catalogueHelp,
  ...endpointsHelp,
  ...ordersHelp,
  ...stockHelp,
};

/** Adds the texts to a command and to all of its subcommands. @param parents the names of the command's parents */
export function addHelp(command: Command, parents: readonly string[] = []): void {
  const help = helpTexts[[...parents, command.name()].join(' ')];
  if (help !== undefined) command.addHelpText('after', () => `\n${linesOf(help)}`);
  const path = command.parent === null ? [] : [...parents, command.name()];
  for (const subcommand of command.commands) addHelp(subcommand, path);
}

const linesOf = ({ examples, reads, fails }: HelpText): string =>
  [
    'Examples:',
    ...examples.map((example) => `  $ orders ${example}`),
    '',
    'Variables:',
    ...reads.map((name) => `  ${name}`),
    '',
    'Exit codes:',
    '  0  done',
    `  1  ${fails}; or a variable is wrong, or a server does not answer`,
  ].join('\n');
