import type { GuardedFile } from '../guard.js';

/** What names a person is overwritten whole, and what has to stay works afterwards. */
export const forget: readonly GuardedFile[] = [
  {
    file: 'src/db/forget/forget-orders.js',
    guards: [
      {
        name: 'orders that another transaction holds are left out',
        text: 'FOR UPDATE SKIP LOCKED',
        without: 'FOR UPDATE',
        test: [
          'db/forget/forget',
          'an order that is locked stays, and an order that moves between the shop and the archive is forgotten where it is',
        ],
      },
      {
        name: 'archived orders are locked where they are',
        text: 'orderIds.filter((orderId) => !here.includes(orderId)), inArchive)',
        without: 'orderIds.filter((orderId) => !here.includes(orderId)), inShop)',
        test: [
          'db/forget/forget',
          'no table has a trace of a customer, a text, that is forgotten, and nothing else has changed',
        ],
      },
    ],
  },
  {
    file: 'src/db/forget/overwrite.js',
    guards: [
      {
        name: 'the archive is overwritten too',
        text: 'await overwriteTable(run, table, `archived_${table.name}`);',
        without: 'continue;',
        test: [
          'db/forget/forget',
          'no table has a trace of a customer, a text, that is forgotten, and nothing else has changed',
        ],
      },
    ],
  },
  {
    file: 'src/db/checkouts/reservations.js',
    guards: [
      {
        name: 'the key of a forgotten order sells nothing',
        text: '.filter((request) => !forgotten.has(keyOf(request)))',
        without: '',
        test: [
          'db/forget/forget',
          'the Idempotency-Keys of a customer, a text, that is forgotten buy nothing and reveal nothing',
        ],
      },
    ],
  },
  {
    file: 'src/domain/forgotten.js',
    guards: [
      {
        name: 'the reason of a dispute is what a person may have written',
        text: " || 'disputeId' in data",
        without: '',
        test: [
          'db/forget/events',
          'each event of a forgotten order that is delivered later is as its schema says, and has no text that a person wrote',
        ],
      },
    ],
  },
  {
    file: 'src/temporal/delete-workflows.js',
    guards: [
      {
        name: 'a workflow that runs is not deleted',
        text: '!isRunning.has(workflowId)',
        without: 'true',
        test: ['temporal/delete-workflows', 'closed runs are deleted, and a workflow that runs is left alone'],
      },
    ],
  },
];
