import type { Pool } from '../../src/db/driver/pool.js';
import { rows } from '../helpers/database.js';
import { eventsOfLives, wrongEvents, wrongRefundEvents } from './life-events.js';
import { type Played, paymentIdOf, refundKeyOf, WrongLife } from './life-player.js';
import { mustEnd } from './lives.js';
import { DEADLINES, type Model, type Part } from './order-model.js';

/** Compares the rows of the played lives with the states that explain their answers. */

/** The number of lives with each end and each refund, so that a run without one of them fails. */
export type Tally = Map<string, number>;

const note = (tally: Tally, what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);

interface Row {
  readonly orderId: string;
  readonly status: string;
  readonly reason: string | null;
  readonly paymentId: string | null;
  readonly settled: number;
  /** The deadline, of an order before its deadline. */
  readonly moved: number | null;
  readonly movement: string | null;
}

interface PaymentRow {
  readonly orderId: string;
  readonly paymentId: string;
  readonly status: string;
  readonly why: string | null;
}

interface RefundRow {
  readonly orderId: string;
  readonly key: string;
  readonly part: Part;
  readonly state: string;
}

/** @throws {WrongLife} when an order's rows fit none of the states that its answers allow */
export async function checkOutcome(pool: Pool, played: readonly Played[], tally: Tally): Promise<void> {
  const ids = [played.map(({ checkout }) => checkout.orderId)];
  const orders = (await rows(
    pool,
    `SELECT o.order_id AS orderId, o.status, o.cancel_reason AS reason, o.payment_id AS paymentId,
       o.settled_at IS NOT NULL AS settled,
       IF(o.expires_at > o.created_at, TIMESTAMPDIFF(MICROSECOND, o.created_at, o.expires_at) DIV 1000, NULL) AS moved,
       m.kind AS movement
     FROM orders o LEFT JOIN stock_movements m USING (order_id) WHERE o.order_id IN (?)`,
    ids,
  )) as unknown as Row[];
  const payments = (await rows(
    pool,
    `SELECT COALESCE(told_order_id, order_id) AS orderId, payment_id AS paymentId, status, refund_reason AS why FROM payments
     WHERE COALESCE(told_order_id, order_id) IN (?) ORDER BY payment_id`,
    ids,
  )) as unknown as PaymentRow[];
  const soldOf = new Map((await salesOf(pool, ids.flat())).map((sale) => [sale.orderId, sale]));
  const refunds = (await rows(
    pool,
    `SELECT refund_id AS refundId, order_id AS orderId, idempotency_key AS \`key\`, IF(amount = 1, 'one', 'all') AS part, state FROM order_refunds
     WHERE order_id IN (?) ORDER BY idempotency_key`,
    ids,
  )) as unknown as (RefundRow & { readonly refundId: string })[];
  const refundsOf = Map.groupBy(refunds, ({ orderId }) => orderId);
  const events = await eventsOfLives(pool, ids.flat());
  const orderOf = new Map(orders.map((row) => [row.orderId, row]));
  const paymentsOf = Map.groupBy(payments, ({ orderId }) => orderId);

  for (const game of played) {
    const { orderId } = game.checkout;
    const order = orderOf.get(orderId);
    const money = paymentsOf.get(orderId) ?? [];
    const back = refundsOf.get(orderId) ?? [];
    const sale = soldOf.get(orderId);
    const refundRows = back.map(({ refundId: _, ...row }) => row);
    const seen = JSON.stringify([order ?? null, money, refundRows, sale?.paymentId ?? null]);
    const expected = game.states.map((state) => JSON.stringify(rowsOf(state, game)));
    if (!expected.includes(seen)) {
      throw new WrongLife(game.life, `the rows are\n${seen}\nand should be\n${expected.join('\nor\n')}`);
    }
    const told = events.get(orderId) ?? [];
    const wrong = wrongEvents(told, order, money) ?? wrongRefundEvents(told, back) ?? wrongSale(sale);
    if (wrong !== undefined) throw new WrongLife(game.life, `the events are wrong: ${wrong}`);
    if (mustEnd(game.life) && order?.status === 'placed') throw new WrongLife(game.life, 'nothing ended it');
    note(tally, order?.reason ?? (game.life.free ? 'nothing-to-pay' : order?.status) ?? 'unrecorded');
    for (const { part, state } of back) {
      note(tally, `returned ${part}`);
      note(tally, `return ${state}`);
    }
    for (const { status, why } of money) note(tally, why ?? status);
    if (game.life.waves.some((wave) => wave.length > 1)) note(tally, 'raced');
    if (sale !== undefined) note(tally, 'sold late');
    if (Number(order?.moved) > DEADLINES.first) note(tally, 'moved');
    if (game.states.some(({ processed }) => processed)) note(tally, 'processed');
  }
}

interface Sale {
  readonly orderId: string;
  readonly paymentId: string;
  /** The order that the late payment has paid, in one line. */
  readonly successor: string;
}

/** What late payments have bought in the place of these orders. */
async function salesOf(pool: Pool, orderIds: readonly string[]): Promise<Sale[]> {
  return (await rows(
    pool,
    `SELECT s.order_id AS orderId, s.payment_id AS paymentId, CONCAT_WS(' ', o.status, m.kind, o.payment_id = s.payment_id,
       (SELECT GROUP_CONCAT(e.sequence, e.type ORDER BY e.position) FROM events e WHERE e.order_id = o.order_id)) AS successor
     FROM late_sales s JOIN orders o ON o.order_id = s.successor_id LEFT JOIN stock_movements m ON m.order_id = o.order_id
     WHERE s.order_id IN (?)`,
    [orderIds],
  )) as unknown as Sale[];
}

function wrongSale(sale: Sale | undefined): string | undefined {
  if (sale === undefined || sale.successor === 'paid sold 1 1order.placed,2order.paid') return undefined;
  return `the successor is ${sale.successor}`;
}

/** The rows of a state. Only the end of an order moves its stock. */
function rowsOf(state: Model, { life, checkout }: Played): [Row | null, PaymentRow[], RefundRow[], string | null] {
  const { orderId } = checkout;
  const { status, reason, paidBy, deadline } = state;
  const order = {
    orderId,
    status,
    reason,
    paymentId: paidBy === null ? null : paymentIdOf(orderId, paidBy),
    settled: Number(status !== 'placed'),
    moved: life.lateFrom < life.waves.length ? null : deadline,
    movement: { placed: null, paid: 'sold', canceled: 'released' }[status],
  };
  const payments = Object.entries(state.payments).map(([payment, stored]) => ({
    orderId,
    paymentId: paymentIdOf(orderId, Number(payment)),
    status: stored.state,
    why: stored.why,
  }));
  const back = Object.entries(state.returns).map(([key, refund]) => ({
    orderId,
    key: refundKeyOf(orderId, Number(key)),
    part: refund.part,
    state: refund.state,
  }));
  const soldTo = state.soldTo === null ? null : paymentIdOf(orderId, state.soldTo);
  return [state.recorded ? order : null, payments, back, soldTo];
}
