import type { GuardedFile } from '../guard.js';

/** The stock is the sum of its ledger, a change is made once for each key, and each crossing of 0 has one event. */
export const ledger: readonly GuardedFile[] = [
  {
    file: 'src/db/stock/locked-stock.js',
    guards: [
      {
        name: 'a change of the stock locks the stock FOR UPDATE',
        text: 'ORDER BY sku FOR UPDATE`',
        without: 'ORDER BY sku`',
        test: ['db/stock/stock-guards', 'changes wait for a SKU with the SKUs before it locked, and no SKU after it'],
      },
      {
        // Without ORDER BY, InnoDB happens to read the SKUs in this order too: the guard is replaced by another order.
        name: 'a change of the stock locks its SKUs ORDER BY sku',
        text: 'ORDER BY sku FOR UPDATE`',
        without: 'ORDER BY sku DESC FOR UPDATE`',
        test: ['db/stock/stock-guards', 'changes wait for a SKU with the SKUs before it locked, and no SKU after it'],
      },
    ],
  },
  {
    file: 'src/db/stock/change-rows.js',
    guards: [
      {
        name: 'stock is taken away WHERE so much is available',
        text: 'WHERE p.available + moved.units >= 0',
        without: '',
        test: ['db/stock/stock-guards', 'stock that is not available is not taken away, whatever the caller'],
      },
      {
        name: 'stock that did not change stops its transaction',
        text: 'if (affectedRows !== moved.length)',
        without: 'if (false)',
        test: ['db/stock/stock-guards', 'stock that is not available is not taken away, whatever the caller'],
      },
    ],
  },
  {
    file: 'src/db/stock/change-batch.js',
    guards: [
      {
        name: 'a key that was used before changes nothing',
        text: '!known.has(request.idempotencyKey) && ',
        without: '',
        test: [
          'db/stock/stock-changes',
          'the same key again is the same answer, and another request under the key is refused',
        ],
      },
      {
        name: 'a repeated key has the same fingerprint',
        text: 'known.fingerprint.equals(request.fingerprint)',
        without: 'true',
        test: [
          'db/stock/stock-changes',
          'the same key again is the same answer, and another request under the key is refused',
        ],
      },
      {
        name: 'a key that another process used meanwhile is searched again',
        text: 'if (!isDuplicateKey(error))',
        without: 'if (true)',
        test: [
          'db/stock/stock-guards',
          'a key that another process uses for another SKU, between the look and the write, is found by the next attempt',
        ],
      },
    ],
  },
  {
    file: 'src/db/stock/forced-change.js',
    guards: [
      {
        name: 'a forced change cancels orders that are placed, and no others',
        text: "locked.filter(({ status }) => status === 'placed')",
        without: 'locked',
        test: [
          'db/stock/forced-change',
          'an order that was paid while the newest ones were looked for keeps its units, and an older one is canceled',
        ],
      },
      {
        name: 'units that come back for a moment have no event',
        text: 'unannounced: sku',
        without: "unannounced: ''",
        test: [
          'db/stock/forced-change',
          'a forced loss of sold-out stock writes no event of the units that came back for a moment',
        ],
      },
    ],
  },
  {
    file: 'src/db/events/new-events.js',
    guards: [
      {
        name: 'a release is stock.back WHERE nothing else is available',
        text: 'WHERE p.available = released.units',
        without: '',
        test: ['db/stock/stock-events', 'a stock that sells out, and comes back by a cancel, has an event of each'],
      },
    ],
  },
  {
    file: 'src/db/stock/opening-rows.js',
    guards: [
      {
        name: 'an opening row is written WHERE NOT EXISTS a row',
        text: 'WHERE p.sku IN (?) AND NOT EXISTS (SELECT 1 FROM stock_changes c WHERE c.sku = p.sku)',
        without: 'WHERE p.sku IN (?)',
        test: [
          'db/stock/opening-rows',
          'a product that has no ledger gets its opening row once, also by a repair that another one overtakes, and no other row changes',
        ],
      },
    ],
  },
];
