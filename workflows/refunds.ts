import type { OrderStanding } from './contract.js';
import { refund } from './settle.js';

export type Refund = NonNullable<OrderStanding['refund']>;

/** The refunds that this order still owes. */
export function createRefunds() {
  const owed: Refund[] = [];
  const nothingOwed = () => owed.length === 0;
  return {
    owed,
    nothingOwed,
    /** Runs beside the order's life: a provider that is down delays neither the next payment nor the deadline. */
    async payBack(refundOwed: Refund): Promise<void> {
      owed.push(refundOwed);
      await refund(refundOwed);
      owed.splice(owed.indexOf(refundOwed), 1);
    },
  };
}
