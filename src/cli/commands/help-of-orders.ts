import { type HelpText, MYSQL } from './help-text.js';

const ORDER = '01a2f0de-7c11-7e57-8a51-5b2f6c1f9e10';

/** Of the commands that find and change orders. */
export const ordersHelp: Readonly<Record<string, HelpText>> = {
  list: {
    examples: ['list --status placed', 'list --customer 7 --since 2026-03-01T00:00:00Z', 'list --sku mug-red --csv'],
    reads: MYSQL,
    fails: 'the database could not be read',
  },
  show: {
    examples: [`show ${ORDER}`, `show ${ORDER} --json`],
    reads: [...MYSQL, 'TEMPORAL_NAMESPACE'],
    fails: 'there is no such order',
  },
  archive: {
    examples: [
      'archive --before 2026-01-01 --dry-run',
      'archive --before 2026-01-01T00:00:00Z --json',
      `archive --restore ${ORDER}`,
    ],
    reads: MYSQL,
    fails: 'the database could not be reached, or the order to bring back is not archived',
  },
  forget: {
    examples: [
      'forget --customer 7 --dry-run',
      'forget --customer jane@example.com --yes',
      `forget --order ${ORDER} --yes --json`,
    ],
    reads: [...MYSQL, 'AMQP_URL', 'TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE'],
    fails: 'something of the customer stays, such as an open order: each reason is named, with the number of orders',
  },
  cancel: {
    examples: [`cancel ${ORDER}`, 'cancel --sku mug-red --dry-run', 'cancel --sku mug-red --yes'],
    reads: MYSQL,
    fails: 'an order could not be canceled: each such order is named with the reason',
  },
  extend: {
    examples: [
      `extend ${ORDER} --to 2026-03-05T18:00:00Z`,
      "extend --customer 7 --by '2 days' --dry-run",
      "extend --customer 7 --by '2 days' --yes",
    ],
    reads: [...MYSQL, 'MAX_PAYMENT_WINDOW'],
    fails: 'an order could not be extended: each such order is named with the reason',
  },
  refund: {
    examples: [
      `refund ${ORDER} --amount 500 --reason 'scratched'`,
      `refund ${ORDER} --line mug-red=1 --restock --dry-run`,
      `refund ${ORDER} --all --restock --key rma-2041`,
    ],
    reads: MYSQL,
    fails: 'nothing was refunded: the reason is printed with the numbers',
  },
};
