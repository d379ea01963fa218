import type { Invariant } from '../../src/domain/audit.js';

/** In the statements `$name` stands for the id of the order or payment of this name. */
interface ChangeByHand {
  readonly what: string;
  readonly breaks: readonly string[];
  readonly undo: readonly string[];
  /** Exactly the findings of the audit. */
  readonly found: readonly (readonly [Invariant, subject: string])[];
}

const past = 'UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE';

/** Changes by hand that break an invariant, and the statements that undo them. */
export const changesByHand: readonly ChangeByHand[] = [
  {
    what: 'one more available unit',
    breaks: ["UPDATE products SET available = available + 1 WHERE sku = 'mug'"],
    undo: ["UPDATE products SET available = available - 1 WHERE sku = 'mug'"],
    found: [['I1', 'sku mug']],
  },
  {
    what: 'one available unit less',
    breaks: ["UPDATE products SET available = available - 1 WHERE sku = 'lamp'"],
    undo: ["UPDATE products SET available = available + 1 WHERE sku = 'lamp'"],
    found: [['I1', 'sku lamp']],
  },
  {
    what: 'a negative number of available units',
    breaks: ["UPDATE products SET initial = initial - available - 1, available = -1 WHERE sku = 'mug'"],
    undo: ["UPDATE products SET initial = 11, available = 11 - reserved - sold WHERE sku = 'mug'"],
    found: [['I1', 'sku mug']],
  },
  {
    what: 'a reserved unit without an order',
    breaks: ["UPDATE products SET available = available - 1, reserved = reserved + 1 WHERE sku = 'mug'"],
    undo: ["UPDATE products SET available = available + 1, reserved = reserved - 1 WHERE sku = 'mug'"],
    found: [['I1', 'sku mug']],
  },
  {
    what: 'a sold unit without an order',
    breaks: ["UPDATE products SET available = available - 1, sold = sold + 1 WHERE sku = 'lamp'"],
    undo: ["UPDATE products SET available = available + 1, sold = sold - 1 WHERE sku = 'lamp'"],
    found: [['I1', 'sku lamp']],
  },
  {
    what: 'a deleted product that orders have reserved and bought',
    breaks: ["DELETE FROM products WHERE sku = 'lamp'"],
    undo: [
      `INSERT INTO products (sku, name, unit_price, currency, initial, available, reserved, sold)
       VALUES ('lamp', 'lamp', 4900, 'EUR', 10, 2, 4, 4)`,
    ],
    found: [['I1', 'sku lamp']],
  },
  {
    what: 'stock that a settlement could not move',
    breaks: [
      `INSERT INTO stock_discrepancies (order_id, sku, quantity, movement, cause, found_at)
       VALUES ('$paid', 'mug', 2, 'sold', 'not-reserved', UTC_TIMESTAMP(3))`,
    ],
    undo: ["UPDATE stock_discrepancies SET resolved_at = UTC_TIMESTAMP(3) WHERE order_id = '$paid'"],
    found: [['I1', 'order $paid']],
  },
  {
    what: 'an overdue order that is not recorded and not ended',
    breaks: [`UPDATE checkouts SET expires_at = ${past} WHERE order_id = '$reserved'`],
    undo: ["UPDATE checkouts SET expires_at = created_at + INTERVAL 30 MINUTE WHERE order_id = '$reserved'"],
    found: [
      ['I2', 'order $reserved'],
      ['I4', 'order $reserved'],
    ],
  },
  {
    what: 'a placed order past its deadline',
    breaks: ['checkouts', 'orders'].map(
      (table) => `UPDATE ${table} SET expires_at = ${past} WHERE order_id = '$placed'`,
    ),
    undo: ['checkouts', 'orders'].map(
      (table) => `UPDATE ${table} SET expires_at = created_at + INTERVAL 30 MINUTE WHERE order_id = '$placed'`,
    ),
    found: [
      ['I2', 'order $placed'],
      ['I4', 'order $placed'],
    ],
  },
  {
    what: 'an order that is paid and canceled',
    breaks: ["UPDATE orders SET cancel_reason = 'customer-request' WHERE order_id = '$paid'"],
    undo: ["UPDATE orders SET cancel_reason = NULL WHERE order_id = '$paid'"],
    found: [['I2', 'order $paid']],
  },
  {
    what: 'a settled order without a time',
    breaks: ["UPDATE orders SET settled_at = NULL WHERE order_id = '$canceled'"],
    undo: ["UPDATE orders SET settled_at = recorded_at WHERE order_id = '$canceled'"],
    found: [['I2', 'order $canceled']],
  },
  {
    what: 'an order with a higher price than its checkout',
    breaks: ["UPDATE orders SET amount = amount + 1 WHERE order_id = '$placed'"],
    undo: ["UPDATE orders SET amount = amount - 1 WHERE order_id = '$placed'"],
    found: [['I2', 'order $placed']],
  },
  {
    what: 'an order that costs more than its items together',
    breaks: ['checkouts', 'orders'].map(
      (table) => `UPDATE ${table} SET amount = amount + 1 WHERE order_id = '$placed'`,
    ),
    undo: ['checkouts', 'orders'].map((table) => `UPDATE ${table} SET amount = amount - 1 WHERE order_id = '$placed'`),
    found: [['I2', 'order $placed']],
  },
  {
    what: 'an order of another number than its checkout',
    breaks: ["UPDATE orders SET user_id = user_id + 1 WHERE order_id = '$placed'"],
    undo: ["UPDATE orders SET user_id = user_id - 1 WHERE order_id = '$placed'"],
    found: [['I2', 'order $placed']],
  },
  {
    what: 'an order that a process of the version before has recorded without the text of its customer',
    breaks: [
      "UPDATE checkouts SET customer = CONCAT('c-', user_id), user_id = NULL WHERE order_id = '$placed'",
      "UPDATE orders SET user_id = NULL WHERE order_id = '$placed'",
    ],
    undo: [
      "UPDATE checkouts SET user_id = SUBSTRING(customer, 3), customer = NULL WHERE order_id = '$placed'",
      "UPDATE orders SET user_id = (SELECT user_id FROM checkouts WHERE order_id = '$placed') WHERE order_id = '$placed'",
    ],
    found: [['I2', 'order $placed']],
  },
  {
    what: 'an order without a checkout',
    breaks: ["UPDATE orders SET order_id = 'orphan' WHERE order_id = '$placed'"],
    undo: ["UPDATE orders SET order_id = '$placed' WHERE order_id = 'orphan'"],
    found: [['I2', 'order orphan']],
  },
  {
    what: 'a canceled order whose stock was not released',
    breaks: ["DELETE FROM stock_movements WHERE order_id = '$canceled'"],
    undo: ["INSERT INTO stock_movements VALUES ('$canceled', 'released', UTC_TIMESTAMP(3))"],
    found: [['I3', 'order $canceled']],
  },
  {
    what: 'a paid order whose stock was released',
    breaks: ["UPDATE stock_movements SET kind = 'released' WHERE order_id = '$paid'"],
    undo: ["UPDATE stock_movements SET kind = 'sold' WHERE order_id = '$paid'"],
    found: [['I3', 'order $paid']],
  },
  {
    what: 'a placed order whose stock has moved',
    breaks: ["INSERT INTO stock_movements VALUES ('$placed', 'released', UTC_TIMESTAMP(3))"],
    undo: ["DELETE FROM stock_movements WHERE order_id = '$placed'"],
    found: [['I3', 'order $placed']],
  },
  {
    what: 'stock that is sold twice after the key that prevents this was dropped',
    breaks: [
      'ALTER TABLE stock_movements DROP PRIMARY KEY, ADD KEY of_order (order_id)',
      "INSERT INTO stock_movements VALUES ('$paid', 'sold', UTC_TIMESTAMP(3))",
    ],
    undo: [
      "DELETE FROM stock_movements WHERE order_id = '$paid' LIMIT 1",
      'ALTER TABLE stock_movements ADD PRIMARY KEY (order_id), DROP KEY of_order',
    ],
    found: [['I3', 'order $paid']],
  },
  {
    what: 'a missing item',
    breaks: ["DELETE FROM order_items WHERE order_id = '$placed' AND sku = 'mug'"],
    undo: ["INSERT INTO order_items (order_id, sku, quantity, unit_price) VALUES ('$placed', 'mug', 2, 1250)"],
    found: [
      ['I1', 'sku mug'],
      ['I3', 'order $placed'],
    ],
  },
  {
    what: 'an item of another quantity',
    breaks: ["UPDATE order_items SET quantity = 3 WHERE order_id = '$placed' AND sku = 'mug'"],
    undo: ["UPDATE order_items SET quantity = 2 WHERE order_id = '$placed' AND sku = 'mug'"],
    found: [
      ['I1', 'sku mug'],
      ['I3', 'order $placed'],
    ],
  },
  {
    what: 'an item of another price',
    breaks: ["UPDATE order_items SET unit_price = 1249 WHERE order_id = '$placed' AND sku = 'mug'"],
    undo: ["UPDATE order_items SET unit_price = 1250 WHERE order_id = '$placed' AND sku = 'mug'"],
    found: [['I3', 'order $placed']],
  },
  {
    what: 'an item that was never reserved',
    breaks: ["INSERT INTO order_items (order_id, sku, quantity, unit_price) VALUES ('$canceled', 'lamp', 1, 4900)"],
    undo: ["DELETE FROM order_items WHERE order_id = '$canceled' AND sku = 'lamp'"],
    found: [['I3', 'order $canceled']],
  },
  {
    what: 'an undecided payment',
    breaks: [
      `UPDATE payments SET status = 'received', refund_reason = NULL, received_at = ${past} WHERE payment_id = '$late'`,
    ],
    undo: [
      "UPDATE payments SET status = 'refund_required', refund_reason = 'order-canceled' WHERE payment_id = '$late'",
    ],
    found: [['I6', 'payment $late']],
  },
  {
    what: 'an accepted payment of a canceled order',
    breaks: ["UPDATE payments SET status = 'accepted', refund_reason = NULL WHERE payment_id = '$late'"],
    undo: [
      "UPDATE payments SET status = 'refund_required', refund_reason = 'order-canceled' WHERE payment_id = '$late'",
    ],
    found: [['I6', 'payment $late']],
  },
  {
    what: 'a second accepted payment of a paid order',
    breaks: [
      "UPDATE payments SET status = 'accepted', refund_reason = NULL, order_id = '$paid' WHERE payment_id = '$late'",
    ],
    undo: [
      `UPDATE payments SET status = 'refund_required', refund_reason = 'order-canceled', order_id = '$canceled'
       WHERE payment_id = '$late'`,
    ],
    found: [['I6', 'payment $late']],
  },
  {
    what: 'an order that is paid by a refunded payment',
    breaks: [
      "UPDATE payments SET status = 'refunded', refund_reason = 'order-canceled', refund_id = 'r' WHERE payment_id = '$accepted'",
    ],
    undo: [
      "UPDATE payments SET status = 'accepted', refund_reason = NULL, refund_id = NULL WHERE payment_id = '$accepted'",
    ],
    found: [['I6', 'order $paid']],
  },
  {
    what: "an order that is paid by another order's payment",
    breaks: ["UPDATE payments SET order_id = '$canceled' WHERE payment_id = '$accepted'"],
    undo: ["UPDATE payments SET order_id = '$paid' WHERE payment_id = '$accepted'"],
    found: [
      ['I6', 'order $paid'],
      ['I6', 'payment $accepted'],
    ],
  },
  {
    what: 'a refund without its id',
    breaks: ["UPDATE payments SET refund_id = NULL WHERE payment_id = '$refunded'"],
    undo: ["UPDATE payments SET refund_id = 'refund-1' WHERE payment_id = '$refunded'"],
    found: [['I6', 'payment $refunded']],
  },
  {
    what: 'a failed refund without a reason',
    breaks: ["UPDATE payments SET refund_failure = NULL WHERE payment_id = '$failed'"],
    undo: ["UPDATE payments SET refund_failure = 'disputed' WHERE payment_id = '$failed'"],
    found: [['I6', 'payment $failed']],
  },
  {
    what: 'an unplaced payment whose order exists',
    breaks: [
      `UPDATE payments SET order_id = '$canceled', told_order_id = 'another-shop', received_at = ${past}
       WHERE payment_id = '$kept'`,
      `UPDATE checkouts SET created_at = ${past} WHERE order_id = '$canceled'`,
    ],
    undo: ["UPDATE payments SET order_id = 'another-shop', told_order_id = NULL WHERE payment_id = '$kept'"],
    found: [['I6', 'payment $kept']],
  },
  {
    what: 'a closed payment without a note',
    breaks: ["DELETE FROM payment_changes WHERE payment_id = '$closed'"],
    undo: [
      `INSERT INTO payment_changes (change_id, payment_id, action, status_before, note, changed_by, changed_at)
       VALUES (UUID(), '$closed', 'close', 'refund_required', 'by hand', 'ann', UTC_TIMESTAMP(3))`,
    ],
    found: [['I6', 'payment $closed']],
  },
  {
    what: 'a reported payment that is not stored',
    breaks: ["DELETE FROM payments WHERE payment_id = '$late'"],
    undo: [
      `INSERT INTO payments (payment_id, provider, order_id, amount, currency, status, refund_reason, received_at)
       VALUES ('$late', 'test', '$canceled', 1250, 'EUR', 'refund_required', 'order-canceled', UTC_TIMESTAMP(3))`,
    ],
    found: [['I6', 'payment $late']],
  },
  {
    what: 'a payment that no webhook reported',
    breaks: ["DELETE FROM payment_events WHERE payment_id = '$late'"],
    undo: [
      `INSERT INTO payment_events (provider, event_id, body_sha256, type, payment_id, order_id, received_at)
       VALUES ('test', 'by-hand', REPEAT('x', 32), 'payment.succeeded', '$late', '$canceled', UTC_TIMESTAMP(3))`,
    ],
    found: [['I6', 'payment $late']],
  },
  {
    what: 'an accepted payment of a lower amount',
    breaks: ["UPDATE payments SET amount = amount - 1 WHERE payment_id = '$accepted'"],
    undo: ["UPDATE payments SET amount = amount + 1 WHERE payment_id = '$accepted'"],
    found: [['I6', 'payment $accepted']],
  },
  {
    what: 'an accepted payment in another currency',
    breaks: ["UPDATE payments SET currency = 'USD' WHERE payment_id = '$accepted'"],
    undo: ["UPDATE payments SET currency = 'EUR' WHERE payment_id = '$accepted'"],
    found: [['I6', 'payment $accepted']],
  },
  {
    what: 'a begun payment that is paid, without the payment',
    breaks: [
      `UPDATE begun_payments SET state = 'paid', is_open = NULL, ended_at = UTC_TIMESTAMP(3), payment_id = 'pay-lost'
       WHERE begun_id = '$begun'`,
    ],
    undo: [
      `UPDATE begun_payments SET state = 'begun', is_open = 1, ended_at = NULL, payment_id = NULL WHERE begun_id = '$begun'`,
    ],
    found: [['I6', 'begun payment $begun']],
  },
  {
    what: 'a begun payment that nobody looks at',
    breaks: [`UPDATE begun_payments SET due_at = ${past} WHERE begun_id = '$begun'`],
    undo: ["UPDATE begun_payments SET due_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE begun_id = '$begun'"],
    found: [['I6', 'begun payment $begun']],
  },
  {
    what: 'an order that would wait for payments that were never begun',
    breaks: ["UPDATE orders SET close_payments_ms = 600000 WHERE order_id = '$placed'"],
    undo: ["UPDATE orders SET close_payments_ms = NULL WHERE order_id = '$placed'"],
    found: [['I4', 'order $placed']],
  },
  {
    what: 'a payment that says more goes back than its refunds',
    breaks: ["UPDATE payments SET returned_amount = returned_amount + 1 WHERE payment_id = '$bought'"],
    undo: ["UPDATE payments SET returned_amount = returned_amount - 1 WHERE payment_id = '$bought'"],
    found: [['I6', 'payment $bought']],
  },
  {
    what: 'refunds of more than was paid',
    breaks: [
      "UPDATE order_refunds SET amount = 99999 WHERE refund_id = '$back'",
      "UPDATE payments SET returned_amount = 99999 WHERE payment_id = '$bought'",
    ],
    undo: [
      "UPDATE order_refunds SET amount = 1250 WHERE refund_id = '$back'",
      "UPDATE payments SET returned_amount = 1250 WHERE payment_id = '$bought'",
    ],
    found: [['I6', 'payment $bought']],
  },
  {
    what: 'a refund of an order that another payment has paid',
    breaks: ["UPDATE order_refunds SET order_id = '$paid' WHERE refund_id = '$back'"],
    undo: ["UPDATE order_refunds SET order_id = '$returned' WHERE refund_id = '$back'"],
    found: [
      ['I1', 'order $paid'],
      ['I1', 'order $returned'],
      ['I6', 'refund $back'],
    ],
  },
  {
    what: 'a refund of which more than all went back',
    breaks: ["UPDATE order_refunds SET refunded_amount = 1251 WHERE refund_id = '$back'"],
    undo: ["UPDATE order_refunds SET refunded_amount = NULL WHERE refund_id = '$back'"],
    found: [['I6', 'refund $back']],
  },
  {
    what: 'a refund that nobody has closed',
    breaks: ["UPDATE order_refunds SET state = 'closed', provider_refund_id = NULL WHERE refund_id = '$back'"],
    undo: ["UPDATE order_refunds SET state = 'refunded', provider_refund_id = 're_1' WHERE refund_id = '$back'"],
    found: [['I6', 'refund $back']],
  },
  {
    what: 'a unit that came back without a refund',
    breaks: ["UPDATE order_items SET returned = 2 WHERE order_id = '$returned' AND sku = 'mug'"],
    undo: ["UPDATE order_items SET returned = 1 WHERE order_id = '$returned' AND sku = 'mug'"],
    found: [['I1', 'order $returned']],
  },
  {
    what: 'a unit on the shelf whose row of the ledger is of another kind',
    breaks: ["UPDATE stock_changes SET kind = 'received' WHERE idempotency_key = 'refund:$back:0'"],
    undo: ["UPDATE stock_changes SET kind = 'returned' WHERE idempotency_key = 'refund:$back:0'"],
    found: [['I1', 'refund $back']],
  },
  {
    what: 'a sale to a late payment whose order was canceled by its customer',
    breaks: ["UPDATE orders SET cancel_reason = 'customer-request' WHERE order_id = '$expired'"],
    undo: ["UPDATE orders SET cancel_reason = 'payment-window-expired' WHERE order_id = '$expired'"],
    found: [['I2', 'order $expired']],
  },
  {
    what: 'a sale by another payment than the one that paid',
    breaks: ["UPDATE late_sales SET payment_id = '$late' WHERE order_id = '$expired'"],
    undo: ["UPDATE late_sales SET payment_id = '$soldTo' WHERE order_id = '$expired'"],
    found: [['I2', 'order $expired']],
  },
  {
    what: 'a successor of another price',
    breaks: [
      "UPDATE checkouts SET adjustments = '[{\"amount\": -1}]', amount = amount - 1 WHERE order_id = '$successor'",
      "UPDATE orders SET amount = amount - 1 WHERE order_id = '$successor'",
      "UPDATE payments SET amount = amount - 1 WHERE payment_id = '$soldTo'",
    ],
    undo: [
      "UPDATE checkouts SET adjustments = NULL, amount = amount + 1 WHERE order_id = '$successor'",
      "UPDATE orders SET amount = amount + 1 WHERE order_id = '$successor'",
      "UPDATE payments SET amount = amount + 1 WHERE payment_id = '$soldTo'",
    ],
    found: [['I2', 'order $successor']],
  },
  {
    what: 'a successor that no order names',
    breaks: ["DELETE FROM late_sales WHERE successor_id = '$successor'"],
    undo: ["INSERT INTO late_sales VALUES ('$expired', '$successor', '$soldTo', UTC_TIMESTAMP(3))"],
    found: [['I2', 'order $successor']],
  },
  {
    what: 'an event that an endpoint never gets',
    breaks: ['DELETE FROM event_deliveries WHERE position = $position'],
    undo: [
      `INSERT INTO event_deliveries (position, endpoint_id, subject, state, due_at)
       VALUES ($position, '$endpoint', 'order $paid', 'waiting', UTC_TIMESTAMP(3))`,
    ],
    found: [['I5', 'event $event']],
  },
  {
    what: 'an event that RabbitMQ never gets',
    breaks: ["UPDATE events SET delivered_at = UTC_TIMESTAMP(3) + INTERVAL 1 DAY WHERE event_id = '$event'"],
    undo: ["UPDATE events SET delivered_at = '9999-12-31' WHERE event_id = '$event'"],
    found: [['I5', 'event $event']],
  },
  {
    what: 'a delivery whose event is deleted',
    breaks: ['UPDATE event_deliveries SET position = 1000000 WHERE position = $position'],
    undo: ['UPDATE event_deliveries SET position = $position WHERE position = 1000000'],
    found: [
      ['I5', 'delivery 1000000'],
      ['I5', 'event $event'],
    ],
  },
];
