import type { GuardedFile } from '../guard.js';

/** Customers of all kinds: one key, one space of places for each customer, and nothing in common between guests. */
export const customers: readonly GuardedFile[] = [
  {
    file: 'src/db/migrations/0011-customers.js',
    guards: [
      {
        name: 'checkouts: one_reservation_per_customer_key',
        text: 'ADD UNIQUE KEY ${name}',
        without: 'ADD KEY ${name}',
        test: ['db/customers', 'the unique key refuses a second row for a key of a guest'],
      },
      {
        name: 'checkouts: one_open_order_per_customer_place',
        text: "...addUnique('one_open_order_per_customer_place', 'customer, open_place'),",
        without: '',
        test: [
          'db/customers',
          'fifty checkouts of one text at once, over five processes and with different SKUs, do not exceed the limit',
        ],
      },
    ],
  },
  {
    file: 'src/db/customer-columns.js',
    guards: [
      {
        name: 'a guest has a text that a unique key compares',
        text: 'customer: customer ?? GUEST',
        without: 'customer',
        test: ['db/customers', 'the unique key refuses a second row for a key of a guest'],
      },
    ],
  },
  {
    file: 'src/db/checkouts/open-places.js',
    guards: [
      {
        name: 'a guest has no places',
        text: ' || userId === null',
        without: '',
        test: ['db/customers', 'no guest waits for a guest who has not committed, and none takes a place'],
      },
    ],
  },
  {
    file: 'src/db/checkouts/references.js',
    guards: [
      {
        name: 'a guest is no other guest',
        text: 'userId !== null && ',
        without: '',
        test: ['db/customers', 'a guest does not learn which order of a guest has a reference'],
      },
    ],
  },
  {
    file: 'src/db/orders/orders.js',
    guards: [
      {
        name: 'a recorded order has its customer',
        text: "NULLIF(customer, '${GUEST}')",
        without: 'NULL',
        test: ['db/customers', 'reports find the customer of an order in two columns, and a guest in neither'],
      },
    ],
  },
  {
    file: 'src/amqp/order-cancel.js',
    guards: [
      {
        name: 'a legacy cancel names the customer of its order',
        text: 'userId === 0',
        without: 'true',
        test: ['amqp/handlers', "a legacy cancel whose user_id is 7, and the order's is null, ends with park"],
      },
    ],
  },
];
