import { column, index, unless } from '../unless.js';

/**
 * Of `events`, `sequence` counts the events of an order from 1, which is `order.placed`; `orders.event_count` is the last
 * one that was given. The unique key refuses a number that is given twice, and serves the lookups of `of_order`.
 * `delivered_at` is NULL until the broker has confirmed the event, so that a range of `undelivered` holds only these
 * events, and another range the old ones. `payment_id` names the payment of `refund.…` and `payment.unplaced`.
 *
 * Processes of the version before write events without a sequence, and give an order no number. Their events are
 * delivered all the same.
 *
 * With ALGORITHM and LOCK a server that would copy a table, or lock it against writes, returns an error instead.
 */
export const statements = [
  ...unless(
    column('orders', 'event_count'),
    'ALTER TABLE orders ADD COLUMN event_count INT UNSIGNED NOT NULL DEFAULT 1, ALGORITHM = INSTANT',
  ),
  ...unless(
    column('events', 'delivered_at'),
    `ALTER TABLE events ADD COLUMN sequence INT UNSIGNED NULL, ADD COLUMN delivered_at DATETIME(3) NULL,
     ADD COLUMN payment_id VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NULL, ALGORITHM = INSTANT`,
  ),
  ...unless(
    index('events', 'undelivered'),
    `ALTER TABLE events ADD UNIQUE KEY one_sequence (order_id, sequence), ADD KEY undelivered (delivered_at, position),
     DROP KEY of_order, ALGORITHM = INPLACE, LOCK = NONE`,
  ),
];
