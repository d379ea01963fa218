import type { Request, Response } from 'express';
import { DomainError } from '../domain/errors.js';
import { isMoneyReport, type MoneyReport, type ReportStoredAs } from '../domain/money-report.js';
import type { NotOurs, PaymentEvent, StoredAs, StoredEvent, WebhookReader } from '../domain/payment.js';

export interface WebhookDeps {
  /** A reader for each provider, each on a path of its own. */
  readonly webhooks: readonly WebhookReader[];
  /** Stores the event, and settles the order of its payment in the same transaction where the order can be settled. */
  readonly storeEvent: (event: PaymentEvent) => Promise<StoredEvent>;
  /** Stores what a provider reports about refunds and disputes, and changes the books in the same transaction. */
  readonly storeReport: (report: MoneyReport) => Promise<ReportStoredAs>;
  /** Called with the stored id of the payment of every new `payment.succeeded`, after the event is durable. */
  readonly onPayment: (paymentId: string) => void;
  readonly onEvent?: (received: {
    readonly provider: string;
    readonly type: string;
    readonly result: WebhookAnswer;
    readonly event?: PaymentEvent;
    readonly report?: MoneyReport;
    /** The event that could not be read, and why. */
    readonly unreadable?: { readonly eventId: string; readonly detail: string };
  }) => void;
}

/**
 * `refused`: a wrong signature or an invalid field. `conflict`: the event's id was used with another body, 409.
 * `failed`: the event is not stored, 5xx, and its provider sends the event again. The other values are documented at
 * their types.
 */
export type WebhookAnswer = StoredAs | NotOurs['result'] | 'refused' | 'conflict' | 'failed';

/**
 * A provider's webhook, over the raw body. An event of a payment is answered 2xx only after the event is stored, and
 * after the payment is decided where a rule decides. A payment stays undecided when the order cannot be settled now,
 * such as while its stock is locked; a sweep decides the payment later. A payment of an unknown order waits for a
 * person, or goes back. An event that is not for this shop is answered 2xx and is not stored.
 */
export function webhookRoute(deps: WebhookDeps, reader: WebhookReader) {
  const provider = reader.name;
  return async (request: Request, response: Response): Promise<void> => {
    const event = read(request);
    if ('result' in event) {
      const { type, result } = event;
      deps.onEvent?.({ provider, type, result, ...(result === 'unreadable' && { unreadable: event }) });
    } else if (isMoneyReport(event)) {
      const named = { provider, type: event.type, report: event };
      const result = await counted(named, () => deps.storeReport(event));
      deps.onEvent?.({ ...named, result });
    } else {
      const named = { provider, type: event.type, event };
      const { as: result, paymentId } = await counted(named, () => deps.storeEvent(event));
      deps.onEvent?.({ ...named, result });
      if (paymentId !== undefined && result === 'stored') deps.onPayment(paymentId);
    }
    response.status(204).end();
  };

  async function counted<T>(named: Named, store: () => Promise<T>): Promise<T> {
    try {
      return await store();
    } catch (error) {
      const isConflict = error instanceof DomainError && error.code === 'event-conflict';
      deps.onEvent?.({ ...named, result: isConflict ? 'conflict' : 'failed' });
      throw error;
    }
  }

  function read(request: Request): PaymentEvent | MoneyReport | NotOurs {
    try {
      return reader.read(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0), onceIn(request));
    } catch (error) {
      const known = error instanceof DomainError;
      if (known) deps.onEvent?.({ provider, type: 'unknown', result: 'refused' });
      throw error;
    }
  }
}

type Named = Pick<Parameters<NonNullable<WebhookDeps['onEvent']>>[0], 'provider' | 'type' | 'event' | 'report'>;

/**
 * Ignores a header that comes twice: Node joins the two values, and a reader could take the value that was not signed.
 */
const onceIn = (request: Request) => (name: string) => {
  const values = request.headersDistinct[name];
  return values?.length === 1 ? values[0] : undefined;
};
