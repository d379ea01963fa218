import { type DueBegun, dueBegun, endWait, openBegunOf, startWait, takeLook } from '../db/begun/due.js';
import { markClosed, startClosing } from '../db/begun/outcomes.js';
import type { BegunPayment } from '../db/begun/rows.js';
import type { Pool } from '../db/driver/pool.js';
import type { PaymentDesk, ProviderWithDesk } from '../domain/begun-payment.js';
import { type AskedPayment, lookAt, pauseBeforeLook } from '../domain/begun-payment.js';
import { isUnavailable, messageOf, unavailable } from '../domain/errors.js';
import { inParallel } from '../domain/in-parallel.js';
import type { Log } from '../domain/log.js';
import type { PaymentEvent } from '../domain/payment.js';

/**
 * So many payments are looked at in one turn, and so many of them at the same time. Rules of thumb. A provider that has not
 * answered so many calls one after the other is asked no more in this turn, so that one outage does not cost a time-out for
 * each payment.
 */
const LOOKS = 200;
const AT_ONCE = 10;

export interface ClosedPayments {
  readonly closed: number;
  readonly paid: number;
  /** Payments that wait for a bank. They cannot be closed. */
  readonly processing: number;
}

export interface BegunPayments {
  /**
   * Closes the payments that were begun for this order at their providers. A payment that turns out to be paid pays the
   * order, or goes back. Afterwards the end of the order waits no longer. Where a provider does not answer, the bounded
   * time for which the end may wait has begun with the question.
   *
   * @throws {DomainError} `dependency-unavailable` when a provider or the database does not answer
   */
  readonly closeOf: (orderId: string) => Promise<ClosedPayments>;
  /**
   * Looks at the payments whose time has come: closes those of orders that have ended, or whose deadline has passed and
   * that no workflow has closed, and asks about the others.
   *
   * @returns how many payments were found to be paid or closed
   */
  readonly sweep: (signal?: AbortSignal) => Promise<number>;
}

/** What becomes of the payments that were begun here. Several processes may do the same at the same time. */
export function createBegunPayments(deps: {
  readonly pool: Pool;
  readonly providers: readonly ProviderWithDesk[];
  /** Stores and decides what a provider says was paid, as a webhook's event. */
  readonly receive: (event: PaymentEvent) => Promise<unknown>;
  readonly log: Log;
}): BegunPayments {
  const { pool, receive, log } = deps;
  /** The calls of each provider, one after the other, that had no answer. */
  const unanswered = new Map<string, number>();

  function deskOf({ provider, begunId }: BegunPayment) {
    const configured = deps.providers.find(({ name }) => name === provider);
    if (configured !== undefined) return configured.desk;
    throw unavailable(`the payment provider "${provider}"`, new Error(`not configured here, and began ${begunId}`));
  }

  /** An order that is past its deadline waits no longer than its bounded time for an answer that does not come. */
  async function call<T>(begun: BegunPayment, ask: (desk: PaymentDesk) => Promise<T>): Promise<T> {
    const { provider, orderId } = begun;
    const since = performance.now();
    try {
      const answer = await ask(deskOf(begun));
      unanswered.delete(provider);
      return answer;
    } catch (error) {
      if (isUnavailable(error)) unanswered.set(provider, (unanswered.get(provider) ?? 0) + 1);
      await startWait(pool, orderId, performance.now() - since);
      throw error;
    }
  }

  /** Without the provider's answer no customer can pay: the process died, and the provider's answer was lost. */
  async function close(begun: BegunPayment): Promise<AskedPayment['state']> {
    const { reference } = begun;
    if (reference === null) return await note(closedAlready, begun);
    if (begun.capture === 'at-settlement') {
      // The close would release money that is authorised: an order is paid by it, not canceled.
      const asked = await call(begun, (desk) => desk.ask({ ...begun, reference }));
      if (asked.state === 'paid') return await note(asked, begun);
      if (!(await startClosing(pool, begun))) return 'paid';
    }
    return await note(await call(begun, (desk) => desk.close({ ...begun, reference })), begun);
  }

  async function ask(begun: BegunPayment): Promise<AskedPayment['state']> {
    const { reference } = begun;
    if (reference === null) return 'open';
    return await note(await call(begun, (desk) => desk.ask({ ...begun, reference })), begun);
  }

  async function note(asked: AskedPayment, begun: BegunPayment): Promise<AskedPayment['state']> {
    if (asked.state === 'closed') await markClosed(pool, begun);
    if (asked.state === 'paid') {
      const { orderId, provider } = begun;
      log.info({ orderId, provider, paymentId: asked.event.paymentId }, 'found a payment at its provider');
      await receive(asked.event);
    }
    return asked.state;
  }

  async function closeOf(orderId: string): Promise<ClosedPayments> {
    // A provider that does not answer keeps no other provider of the order from its question.
    const closes = await Promise.allSettled((await openBegunOf(pool, orderId)).map(close));
    for (const one of closes) if (one.status === 'rejected') throw one.reason;
    await endWait(pool, orderId);
    const count = (which: AskedPayment['state']) =>
      closes.filter((one) => one.status === 'fulfilled' && one.value === which).length;
    return { closed: count('closed'), paid: count('paid'), processing: count('processing') };
  }

  async function look(begun: DueBegun): Promise<number> {
    const what = lookAt(begun);
    if (!(await takeLook(pool, begun, pauseBeforeLook(begun))) || what === 'wait') return 0;
    if ((unanswered.get(begun.provider) ?? 0) >= AT_ONCE) {
      await startWait(pool, begun.orderId, 0);
      return 0;
    }
    if (what === 'close-order') {
      const { closed, paid } = await closeOf(begun.orderId);
      return closed + paid;
    }
    const state = await (what === 'close' ? close(begun) : ask(begun));
    return state === 'closed' || state === 'paid' ? 1 : 0;
  }

  return {
    closeOf,
    async sweep(signal) {
      unanswered.clear();
      const counts = await inParallel(await dueBegun(pool, LOOKS), AT_ONCE, async (begun) => {
        if (signal?.aborted) return 0;
        return await look(begun).catch((error) => {
          const { orderId, provider, reference } = begun;
          const fields = { orderId, provider, reference, reason: messageOf(error) };
          if (isUnavailable(error)) log.warn(fields, 'a begun payment is looked at again later');
          else log.error(fields, 'what became of a begun payment is not known');
          return 0;
        });
      });
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

const closedAlready: AskedPayment = { state: 'closed' };
