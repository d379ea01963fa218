import { createActivities } from '../../activities/index.js';
import { type Config, missing } from '../config/config.js';
import { lateSalesOf } from '../config/late-sales.js';
import { markCaptured, markCaptureFailed, markVoided } from '../db/authorisations/outcomes.js';
import { findAuthorisation } from '../db/authorisations/owed.js';
import { remindOfDeadline } from '../db/deadlines/reminders.js';
import type { Pool } from '../db/driver/pool.js';
import { createOrderRecorder } from '../db/grouped-writes.js';
import { createSettlements } from '../db/orders/settlements.js';
import { findPayment } from '../db/payments/payments.js';
import { markRefunded, markRefundFailed } from '../db/payments/refunds.js';
import { findRefund, markOrderRefunded, markOrderRefundFailed } from '../db/refunds/refund-outcomes.js';
import type { Log } from '../domain/log.js';
import { providersOf } from '../payments/providers.js';
import { createBegunPayments } from '../process/begun-payments.js';

type Settings = Parameters<typeof providersOf>[0] &
  Pick<Config, 'REMIND_BEFORE' | 'LATE_PAYMENTS' | 'LATE_SALES_WITHIN'>;

/**
 * The activities of the worker, on its database and its payment providers.
 *
 * @throws {ConfigError} when no provider's address is set: refunds would wait for ever
 */
export function createWorkerActivities(deps: {
  readonly pool: Pool;
  readonly config: Settings;
  readonly log: Log;
}): ReturnType<typeof createActivities> {
  const { pool, config, log } = deps;
  if (config.PAYMENT_PROVIDER_URL === undefined) throw missing('PAYMENT_PROVIDER_URL');
  const providers = providersOf(config);
  // The workflow that asks shows the end itself.
  const settlements = createSettlements(pool, { reportDue: false, ...lateSalesOf(config) });
  const begun = createBegunPayments({ pool, providers, receive: settlements.receive, log });
  return createActivities({
    recordOrder: createOrderRecorder(pool),
    settleOrder: settlements.settle,
    findPayment: (paymentId) => findPayment(pool, paymentId),
    markRefunded: (paymentId, refundId, amount) => markRefunded(pool, paymentId, refundId, amount),
    markRefundFailed: (payment, why) => markRefundFailed(pool, payment, why),
    findAuthorisation: (paymentId) => findAuthorisation(pool, paymentId),
    markCaptured: (paymentId, amount) => markCaptured(pool, paymentId, amount),
    markCaptureFailed: (payment, attempt, why) => markCaptureFailed(pool, payment, attempt, why),
    markVoided: (paymentId) => markVoided(pool, paymentId),
    findRefund: (refundId) => findRefund(pool, refundId),
    markOrderRefunded: (refundId, ...made) => markOrderRefunded(pool, refundId, ...made),
    markOrderRefundFailed: (refund, why) => markOrderRefundFailed(pool, refund, why),
    remindOfDeadline: (orderId, expiresAt) => remindOfDeadline(pool, orderId, expiresAt),
    remindBeforeMs: config.REMIND_BEFORE,
    closePayments: begun.closeOf,
    providers,
  });
}
