import type { GuardedFile } from '../guard.js';

/** Stock is reserved once for each key, never more than the available stock, and completely or not at all. */
export const stock: readonly GuardedFile[] = [
  {
    file: 'src/db/checkouts/stock.js',
    guards: [
      {
        name: 'stock is locked FOR UPDATE',
        text: 'ORDER BY sku FOR UPDATE`',
        without: 'ORDER BY sku`',
        test: ['db/reservation-guards', 'a reservation locks its stock before it reads anything else'],
      },
      {
        // Without ORDER BY, InnoDB happens to read the SKUs in this order too: the guard is replaced by another order.
        name: 'a reservation locks its SKUs ORDER BY sku',
        text: 'ORDER BY sku FOR UPDATE`',
        without: 'ORDER BY sku DESC FOR UPDATE`',
        test: [
          'db/reservation-guards',
          'a reservation waits for a SKU with the SKUs before it locked, and no SKU after it',
        ],
      },
      {
        name: 'stock is taken WHERE available >= ?',
        text: 'WHERE available >= taken.quantity',
        without: 'WHERE available + 100 >= taken.quantity',
        test: ['db/reservation-guards', 'stock that is not available is not taken, whatever the caller'],
      },
      {
        name: 'stock that was not taken stops its transaction',
        text: 'if (affectedRows !== taken.length)',
        without: 'if (false)',
        test: ['db/reservation-guards', 'stock that is not available is not taken, whatever the caller'],
      },
    ],
  },
  {
    file: 'src/db/checkouts/reservations.js',
    guards: [
      {
        name: 'a repeated key has the same fingerprint',
        text: '!fingerprint.equals(request.fingerprint)',
        without: 'false',
        test: ['db/reservations', 'the same key with another body is refused and takes nothing'],
      },
      {
        name: 'a key that was used before takes no stock',
        text: '.filter((request) => !known.has(keyOf(request)))',
        without: '',
        test: ['db/reservations', 'the same key with another body is refused and takes nothing'],
      },
      {
        name: 'a used reference is said also where the stock is sold out',
        text: 'references.usedBy(request) ?? allocation',
        without: 'allocation',
        test: [
          'db/references',
          'a reference that an order has is refused with this order, also when the stock is sold out',
        ],
      },
      {
        name: 'an order that costs nothing ends with its reservation',
        text: 'await settleFree(',
        without: 'void (',
        test: ['db/free-orders', 'an order that costs nothing is paid at its checkout, and its stock is sold'],
      },
      {
        name: 'one key twice in a batch is reserved once',
        text: 'if (!first.has(keyOf(request)))',
        without: 'if (true)',
        test: ['db/reservations', 'one key with two bodies in one batch is the reservation of the first body'],
      },
      {
        name: 'a key that another process used meanwhile is searched again',
        text: 'if (!isDuplicateKey(error))',
        without: 'if (true)',
        test: [
          'db/reservation-guards',
          'a key that another process uses between the SELECT and the INSERT is found by the next attempt',
        ],
      },
      {
        name: "the database's clock sets the deadline",
        text: 'new Date(now.getTime() + windowMs)',
        without: 'new Date(Date.now() + 60_000 + windowMs)',
        test: ['db/reservations', "the deadline is the window after the checkout, by the database's clock"],
      },
    ],
  },
  {
    file: 'src/domain/idempotency-key.js',
    guards: [
      {
        name: 'a key is searched with and without its quotes',
        text: '[key, inQuotes]',
        without: '[key]',
        test: [
          'db/reservations',
          'a key in quotes is stored as an earlier version stores it, and is found in both forms',
        ],
      },
    ],
  },
  {
    file: 'src/db/driver/transaction.js',
    guards: [
      {
        name: 'START TRANSACTION',
        text: "'START TRANSACTION'",
        without: "'DO 0'",
        test: ['db/transaction-guards', 'a failed transaction has changed no row and holds no lock'],
      },
      {
        name: 'ROLLBACK',
        text: "'ROLLBACK'",
        without: "'DO 0'",
        test: ['db/transaction-guards', 'a failed transaction has changed no row and holds no lock'],
      },
      {
        name: 'COMMIT',
        text: "'COMMIT'",
        without: "'DO 0'",
        test: ['db/transaction-guards', 'a transaction that has returned is visible to other transactions'],
      },
      {
        name: 'a lock wait that timed out is repeated',
        text: 'trouble === undefined || --left[trouble] === 0',
        without: 'true',
        test: [
          'db/reservation-faults',
          'a transaction whose lock wait times out is rolled back completely and runs again',
        ],
      },
    ],
  },
  {
    file: 'src/db/driver/pool.js',
    guards: [
      {
        name: 'READ COMMITTED',
        text: 'LEVEL READ COMMITTED',
        without: 'LEVEL REPEATABLE READ',
        test: ['db/transaction-guards', 'a transaction sees what other transactions have committed since its begin'],
      },
      {
        name: 'a wait for a row is short',
        text: "'SET SESSION innodb_lock_wait_timeout = 3',",
        without: '',
        test: [
          'http/overload',
          'a wait for a lock, on a row or on a table, is shorter than the time limit of a request',
        ],
      },
      {
        name: 'a wait for a table is short',
        text: "'SET SESSION lock_wait_timeout = 3',",
        without: '',
        test: [
          'http/overload',
          'a wait for a lock, on a row or on a table, is shorter than the time limit of a request',
        ],
      },
    ],
  },
  {
    file: 'src/db/driver/time-limits.js',
    guards: [
      {
        name: 'a connection without an answer is not used again',
        text: "troubleOf(error) === 'silence'",
        without: 'false',
        test: ['db/time-limits', 'a connection without an answer is closed on both sides'],
      },
    ],
  },
  {
    file: 'src/db/driver/named-lock.js',
    guards: [
      {
        name: 'one process migrates at a time',
        text: 'if (!held)',
        without: 'if (false)',
        test: ['db/migrate', 'a lock that another process holds is reported, and the migration does not begin'],
      },
    ],
  },
];
