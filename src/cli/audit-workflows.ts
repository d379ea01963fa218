import { statusOf } from '../db/audit/status-of.js';
import type { Pool } from '../db/driver/pool.js';
import { type OpenOrder, openOrders, type Position } from '../db/orders/open-orders.js';
import type { Finding } from '../domain/audit.js';
import type { KnownWorkflows, SeenOrder } from '../temporal/known-workflows.js';

/** Orders in one query of the database. A rule of thumb. */
const PAGE = 1_000;

/**
 * Compares Temporal's workflows with the database. After a restore of an earlier moment, orders that Temporal has may be
 * missing in the database, or may be placed there although they have ended in Temporal.
 *
 * @param options.since compares workflows that closed after this moment as well; without it, only running workflows
 * @returns what is wrong, and the orders with a running workflow
 */
export async function compareWorkflows(
  deps: { readonly pool: Pool; readonly workflows: KnownWorkflows; readonly progress: (line: string) => void },
  options: { readonly since?: Date | undefined },
): Promise<{ readonly findings: Finding[]; readonly running: ReadonlySet<string> }> {
  const findings: Finding[] = [];
  const running = new Set<string>();
  let compared = 0;
  for await (const page of deps.workflows.pages(options)) {
    const here = await statusOf(
      deps.pool,
      page.map(({ orderId }) => orderId),
    );
    for (const order of page) {
      if (order.running) running.add(order.orderId);
      const detail = difference(order, here.get(order.orderId));
      if (detail !== undefined) findings.push({ invariant: 'I2', subject: `order ${order.orderId}`, detail });
    }
    compared += page.length;
    if (page.length > 0) deps.progress(`${compared} workflows compared`);
  }
  return { findings, running };
}

/**
 * A placed order in Temporal may have ended in the database: the workflow gets the signal later. The reverse is wrong.
 */
function difference({ status }: SeenOrder, here: SeenOrder['status'] | undefined): string | undefined {
  if (here === undefined) return `Temporal knows the order as ${status}, and no checkout has its id: it is lost here`;
  if (status === 'placed' || status === here) return undefined;
  return `Temporal saw the order end as ${status}, and it is ${here} here`;
}

/** All open orders that were recorded, or else published, at least `minAgeMs` ago. */
export async function awaitedOrders(pool: Pool, minAgeMs: number): Promise<OpenOrder[]> {
  const awaited: OpenOrder[] = [];
  for (let after: Position | undefined; ; ) {
    const page = await openOrders(pool, { minAgeMs, after, limit: PAGE });
    awaited.push(...page.filter(({ aged, ended }) => aged && !ended));
    if (page.length < PAGE) return awaited;
    after = page.at(-1);
  }
}
