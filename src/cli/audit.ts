import type { Client } from '@temporalio/client';
import { ORDER_CREATE_QUEUE } from '../amqp/topology.js';
import { type Audited, auditDatabase, auditedOfArchive, countAudited, type OfArchive } from '../db/audit/audit.js';
import { type OpenCapture, openCaptures } from '../db/authorisations/owed.js';
import type { Pool } from '../db/driver/pool.js';
import { type OpenPayment, openPayments } from '../db/payments/owed-refunds.js';
import { type OpenRefund, openRefunds } from '../db/refunds/open-refunds.js';
import { type Dispute, openDisputes } from '../db/reports/disputes.js';
import type { Finding, OpenItem } from '../domain/audit.js';
import { createKnownWorkflows } from '../temporal/known-workflows.js';
import { auditMessages } from './audit-messages.js';
import { captureInWords } from './capture-words.js';

export interface AuditReport {
  readonly findings: readonly Finding[];
  /** Owed refunds, and payments that wait for a person. They break no invariant and are listed until they are done. */
  readonly open: readonly OpenItem[];
  /** `ofArchive` is how many of the archived orders this run has audited. */
  readonly audited: Audited & { readonly ofArchive: number };
}

/** Longer than the sweeps need to find an order and end it: `RECONCILE_AFTER` (15 s), their pauses, a settlement. */
const SLACK_SECONDS = 30;

/**
 * Checks I1 to I6 against the database, the broker and Temporal. Reads only.
 *
 * @param deps.since compares workflows that closed after this moment as well, for the steps after a restore
 * @param deps.ofArchive whether all archived orders are audited, or a slice of them
 * @param deps.progress is called with the current check, and how much of it is done
 */
export async function audit(deps: {
  readonly pool: Pool;
  readonly amqpUrl: string;
  /** The broker's management API, with its login: it counts the unacknowledged messages. */
  readonly apiUrl?: string | undefined;
  readonly temporal: Client;
  readonly taskQueue: string;
  /** `order_create_queue` by default. */
  readonly orderQueue?: string;
  readonly since?: Date | undefined;
  readonly ofArchive?: OfArchive;
  readonly progress?: (line: string) => void;
}): Promise<AuditReport> {
  const {
    pool,
    amqpUrl,
    apiUrl,
    orderQueue = ORDER_CREATE_QUEUE,
    since,
    ofArchive = 'slice',
    progress = () => undefined,
  } = deps;
  const workflows = createKnownWorkflows(deps.temporal, { taskQueue: deps.taskQueue });
  progress('counting what there is to audit');
  const counted = await countAudited(pool);
  const audited = { ...counted, ofArchive: auditedOfArchive(counted.archived, ofArchive) };
  const findings = await auditDatabase(pool, SLACK_SECONDS, {
    ofArchive,
    progress: (looked) =>
      progress(
        'about' in looked
          ? `looking at ${looked.about}`
          : `${Math.min(looked.orders, audited.checkouts)} of ${audited.checkouts} checkouts audited`,
      ),
  });
  progress('looking at workflows and messages');
  findings.push(
    ...(await auditMessages(
      { pool, amqpUrl, apiUrl, orderQueue, workflows, progress },
      { slackSeconds: SLACK_SECONDS, since },
    )),
  );
  const open = [
    ...(await openPayments(pool)).map(toOpenItem),
    ...(await openCaptures(pool)).map(toOpenCapture),
    ...(await openRefunds(pool)).map(toOpenRefund),
    ...(await openDisputes(pool)).map(toOpenDispute),
  ];
  return { findings, open, audited };
}

function toOpenItem(payment: OpenPayment): OpenItem {
  const { paymentId, provider, orderId, amount, currency, status, reason, failure, forSeconds } = payment;
  const price = `${amount} ${currency}`;
  const details: Readonly<Record<OpenPayment['status'], string>> = {
    refund_required: `${price} for order ${orderId} (${reason}), owed by ${provider} for ${forSeconds} s`,
    refund_failed: `${price} for order ${orderId} (${reason}) cannot go back by ${provider}, a person decides: ${failure}`,
    unplaced: `${price} names order ${orderId}, which is not known, for ${forSeconds} s; a person decides`,
  };
  return { subject: `payment ${paymentId}`, detail: details[status] };
}

function toOpenRefund({ refundId, orderId, amount, currency, failure, forSeconds }: OpenRefund): OpenItem {
  const price = `${amount} ${currency} of order ${orderId}, which was paid`;
  const what = failure === null ? `owed for ${forSeconds} s` : `cannot go back, a person decides: ${failure}`;
  return { subject: `refund ${refundId}`, detail: `${price}: ${what}` };
}

const toOpenCapture = (capture: OpenCapture): OpenItem => ({
  subject: `payment ${capture.paymentId}`,
  detail: captureInWords(capture),
});

const toOpenDispute = ({ disputeId, paymentId, provider, amount, currency, openedAt }: Dispute): OpenItem => ({
  subject: `dispute ${disputeId}`,
  detail: `${amount} ${currency} of payment ${paymentId}, open since ${openedAt.toISOString()}: a person answers at ${provider}`,
});
