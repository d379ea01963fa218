import { openBegun, storeReference } from '../db/begun/begin.js';
import { markClosed, markRefused } from '../db/begun/outcomes.js';
import type { BegunPayment } from '../db/begun/rows.js';
import type { Pool } from '../db/driver/pool.js';
import type {
  AskedBegin,
  AskedPayment,
  BeginAs,
  BeginResult,
  BegunReference,
  PaymentHandle,
  ProviderWithDesk,
} from '../domain/begun-payment.js';
import { beginKey } from '../domain/begun-payment.js';
import { messageOf, unavailable } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import type { PaymentEvent } from '../domain/payment.js';

/** Each further try begins behind something that has changed meanwhile. A rule of thumb. */
const TRIES = 4;

interface Deps {
  readonly pool: Pool;
  readonly providers: readonly ProviderWithDesk[];
  /** How long the end of an order may wait for the close of its payments, in milliseconds. */
  readonly closeWithinMs: number;
  /** Stores and decides what a provider says was paid, as a webhook's event. */
  readonly receive: (event: PaymentEvent) => Promise<unknown>;
  readonly log: Log;
}

/**
 * Begins payments. The row is written before the provider is asked and after its answer, and the key of the provider is
 * made from the row. So a second request, also at the same time in another process, and a request after a crash get the
 * payment of the first.
 *
 * @returns a function that throws `order-unknown`, and `dependency-unavailable` when another try may succeed
 */
export function createBeginPayments(deps: Deps): (asked: AskedBegin) => Promise<BeginResult> {
  const { pool, providers, closeWithinMs, receive, log } = deps;
  const running = new Map<string, Promise<unknown>>();

  async function begin(provider: ProviderWithDesk, as: BeginAs, asked: AskedBegin): Promise<BeginResult> {
    const { orderId, returnUrl = null, cancelUrl = null } = asked;
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const opened = await openBegun(pool, {
        orderId,
        provider: provider.name,
        as,
        returnUrl,
        cancelUrl,
        capture: provider.desk.capture,
        closeWithinMs,
      });
      if (opened.kind !== 'opened') return opened;
      const { begun, order } = opened;
      const { reference } = begun;
      const made =
        reference === null ? await ask(provider, begun, order) : await resume(provider, { ...begun, reference });
      if (made === undefined) continue;
      if ('kind' in made) return made;
      const { amount, currency, expiresAt } = order;
      const { as: how } = begun;
      const answer = { orderId, provider: provider.name, as: how, amount, currency, expiresAt, ...made };
      return { kind: 'begun', answer: { ...answer, replayed: reference !== null } };
    }
    throw unavailable('the payment', new Error(`${orderId} has changed ${TRIES} times while its payment began`));
  }

  /** @returns `undefined` when the order or the row has ended meanwhile: no customer gets what was begun */
  async function ask({ desk }: ProviderWithDesk, begun: BegunPayment, { amount, currency }: Price): Promise<Made> {
    const { begunId, orderId, as, returnUrl, cancelUrl, capture } = begun;
    const order = { begunId, orderId, amount, currency, as, returnUrl, cancelUrl, capture };
    const outcome = await desk.begin({ ...order, key: beginKey(begunId) });
    if (outcome.refused !== undefined) {
      await markRefused(pool, begun, outcome.refused);
      return { kind: 'refused', why: outcome.refused };
    }
    const { reference, handle } = outcome;
    if (await storeReference(pool, begun, reference)) return { reference, handle };
    await desk.close({ begunId, orderId, as, reference }).then(
      (asked) => note(asked, begun),
      (error) =>
        log.warn({ orderId, reference, reason: messageOf(error) }, 'a payment that no customer gets is not closed yet'),
    );
    return undefined;
  }

  async function resume({ desk }: ProviderWithDesk, begun: BegunPayment & BegunReference): Promise<Made> {
    const asked = await desk.ask(begun);
    if (asked.state === 'open') return { reference: begun.reference, handle: asked.handle };
    if (asked.state === 'processing') return { kind: 'processing' };
    await note(asked, begun);
    return undefined;
  }

  async function note(asked: AskedPayment, begun: BegunPayment): Promise<void> {
    if (asked.state === 'closed') await markClosed(pool, begun);
    if (asked.state === 'paid') await receive(asked.event);
  }

  /** One after the other: the second request then finds the answer of the first, and the provider is asked once. */
  async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = running.get(key);
    const mine = (before ?? Promise.resolve()).then(work, work);
    running.set(key, mine);
    try {
      return await mine;
    } finally {
      if (running.get(key) === mine) running.delete(key);
    }
  }

  return async (asked) => {
    const known = providers.map(({ name }) => name);
    const provider = providers.find(({ name }) => asked.provider === undefined || asked.provider === name);
    if (provider === undefined) return { kind: 'no-provider', known };
    const { begins, needsReturnUrl } = provider.desk;
    const { as = begins[0] } = asked;
    if (!begins.includes(as)) return { kind: 'not-here', field: 'as', expected: `${begins.join(' or ')}` };
    if (as === 'page' && needsReturnUrl && asked.returnUrl === undefined) {
      return { kind: 'not-here', field: 'returnUrl', expected: 'the address to which the customer comes back' };
    }
    return await inTurn(`${asked.orderId} ${provider.name}`, () => begin(provider, as, asked));
  };
}

interface Price {
  readonly amount: number;
  readonly currency: string;
}

type Made =
  | { readonly reference: string; readonly handle: PaymentHandle }
  | Extract<BeginResult, { readonly kind: 'refused' | 'processing' }>
  | undefined;
