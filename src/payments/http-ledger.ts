import { z } from 'zod';
import {
  LEDGER_KINDS,
  type LedgerEntry,
  LedgerMissingError,
  type PaymentLedger,
  stateOf,
  subjectOf,
} from '../domain/ledger.js';
import { answerOf, type HttpCall, reasonIn } from './http-call.js';
import { orderId, paymentId, visible } from './schemas.js';

const entry = z.object({
  id: visible(255),
  kind: z.enum(LEDGER_KINDS),
  paymentId,
  refundId: visible(200).optional(),
  disputeId: visible(200).optional(),
  orderId: orderId.optional(),
  key: visible(255).optional(),
  amount: z.int().min(0),
  currency: z.string().regex(/^[A-Z]{3}$/),
  time: z.iso.datetime({ offset: true }),
});

const pageOfEntries = z.object({ entries: z.array(entry), next: z.string().min(1).nullish() });

/** The ledger of a provider of Standard Webhooks, by its HTTP API. */
export function createHttpLedger(call: HttpCall): PaymentLedger {
  async function* read(query: Readonly<Record<string, string>>): AsyncGenerator<LedgerEntry> {
    for (let after: string | undefined; ; ) {
      const asked = new URLSearchParams({ ...query, limit: '500', ...(after && { after }) });
      const answer = await call(`ledger?${asked}`);
      if (answer.isFinal && answer.status === 404 && after === undefined)
        throw new LedgerMissingError(reasonIn(answer));
      const { entries, next } = answerOf(answer, pageOfEntries, 'entries');
      for (const one of entries) yield toEntry(one);
      if (next == null) return;
      after = next;
    }
  }

  return {
    list: ({ since, until }) => read({ since: since.toISOString(), until: until.toISOString() }),
    async of({ subject, id }) {
      const found: LedgerEntry[] = [];
      try {
        for await (const one of read({ of: id })) if (subjectOf(one) === subject && one.id === id) found.push(one);
      } catch (error) {
        // Some providers answer 404 also where they do not know the id.
        if (!(error instanceof LedgerMissingError)) throw error;
      }
      return stateOf(found);
    },
  };
}

function toEntry({
  id: entryId,
  refundId,
  disputeId,
  orderId: order,
  key,
  time,
  ...rest
}: z.infer<typeof entry>): LedgerEntry {
  const named = { ...(order !== undefined && { orderId: order }), ...(key !== undefined && { key }) };
  const ids = { payment: rest.paymentId, refund: refundId ?? entryId, dispute: disputeId ?? entryId };
  return { entryId, ...rest, id: ids[subjectOf(rest)], ...named, at: new Date(time) };
}
