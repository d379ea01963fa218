import { ProblemError } from './problem.js';
import type { Fault, FaultRequest } from './schemas.js';

const none: Fault = { failNext: 0, status: 503, when: 'before' };

/** What fails next, by what is asked for, and how many webhooks are dropped. Set by `POST /faults`. */
export function createFaults() {
  const faults = {
    ...{ refunds: none, begin: none, retrieve: none, cancel: none, list: none, ledger: none },
    ...{ capture: none, void: none },
  };
  let webhooks = { dropNext: 0 };

  return {
    /** Changes the faults that are named, and leaves the others. */
    set({ webhooks: dropped = webhooks, ...named }: FaultRequest) {
      webhooks = dropped;
      Object.assign(faults, named);
      return { ...faults, webhooks };
    },
    /** @throws {ProblemError} with the status of the fault, if one is set */
    take(what: keyof typeof faults, when: Fault['when'] = 'before'): void {
      const fault = faults[what];
      if (fault.failNext === 0 || fault.when !== when) return;
      const left = fault.failNext - 1;
      faults[what] = { ...fault, failNext: left };
      throw new ProblemError(fault.status, 'Injected fault', `Asked for by POST /faults; ${left} to come`);
    },
    /** Whether this webhook is never sent. */
    dropsWebhook(): boolean {
      if (webhooks.dropNext === 0) return false;
      webhooks = { dropNext: webhooks.dropNext - 1 };
      return true;
    },
  };
}

export type Faults = ReturnType<typeof createFaults>;
