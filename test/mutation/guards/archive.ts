import type { GuardedFile } from '../guard.js';

/** An order is in the shop or in the archive, and an archived order is never taken for an unknown one. */
export const archive: readonly GuardedFile[] = [
  {
    file: 'src/db/archive/move-orders.js',
    guards: [
      {
        name: 'a row that was not copied is not deleted',
        text: 'if (affectedRows !== copied.get(name))',
        without: 'if (false)',
        test: ['db/archive/archive', 'a payment that is stored between the copy and the end of the batch is not lost'],
      },
    ],
  },
  {
    file: 'src/db/archive/archive-orders.js',
    guards: [
      {
        name: 'orders that another transaction holds are left out',
        text: 'FOR UPDATE SKIP LOCKED',
        without: 'FOR UPDATE',
        test: ['db/archive/archive', 'two runs at once archive each order once, and wait for no order that is locked'],
      },
      {
        name: 'an order with something left to do stays, also where it was chosen before',
        text: 'await refuseUnfinished(transaction, ready);',
        without: '',
        test: ['db/archive/archive', 'an order with a refund that is owed stays'],
      },
    ],
  },
  {
    file: 'src/db/orders/lock-recorded.js',
    guards: [
      {
        name: 'an archived order comes back before it is locked',
        text: 'await bringBack(transaction, gone);',
        without: '',
        test: [
          'db/archive/met-again',
          'a message records it not again, and its timer, a cancel and a move of its deadline find the end',
        ],
      },
    ],
  },
  {
    file: 'src/db/checkouts/known-keys.js',
    guards: [
      {
        name: 'the key of an archived order sells nothing',
        text: 'select(transaction, part, inArchive)',
        without: 'select(transaction, part, (sql) => sql)',
        test: [
          'db/archive/met-again',
          'its idempotency key gets the same answer and sells nothing, and its reference is taken',
        ],
      },
    ],
  },
  {
    file: 'src/db/payments/payments.js',
    guards: [
      {
        name: 'an event or a payment of an archived order is known',
        text: 'await bringBackStored(transaction, event);',
        without: '',
        test: ['db/archive/met-again', 'the payment of an archived order pays no other order'],
      },
      {
        name: 'a payment that was archived since the look is not stored twice',
        text: 'await refuseArchived(transaction, event);',
        without: '',
        test: [
          'db/archive/met-again',
          'a payment that is stored while its order is being archived is refused for now, and not stored twice',
        ],
      },
    ],
  },
  {
    file: 'src/db/payments/new-payments.js',
    guards: [
      {
        name: 'payments of a group are new in the archive too',
        text: 'if (archived)',
        without: 'if (false)',
        test: ['db/archive/met-again', 'the payments of a group pay no other orders where an archived order has them'],
      },
    ],
  },
];
