import type { Client } from '@temporalio/client';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { createSetupCheck } from '../temporal/setup.js';
import { untilAvailable } from './until-available.js';

export interface TemporalSetup {
  /**
   * For `/readyz`. Resolves with a remark when the setup works but could be better.
   *
   * @throws {NotSetUp} naming what is missing
   */
  readonly check: () => Promise<string | undefined>;
  /** To be called once. Logs in the background what is missing and how to mend it, until nothing is missing. */
  readonly report: () => void;
  /** Resolves when this Temporal can start orders. */
  readonly wait: () => Promise<void>;
}

/** Checks the setup of a Temporal that somebody else may run. */
export function createTemporalSetup(
  client: Client,
  options: { readonly log: Log; readonly signal: AbortSignal },
): TemporalSetup {
  const { log, signal } = options;
  const check = createSetupCheck(client);

  async function wait(): Promise<void> {
    const remark = await untilAvailable('Temporal', check, { isAway: isUnavailable, log, signal });
    if (remark !== undefined) log.warn({ reason: remark }, 'Temporal could be set up better');
  }

  return {
    check,
    wait,
    report: () =>
      void wait().catch((error) => {
        if (!signal.aborted) log.error({ reason: messageOf(error) }, "Temporal's setup could not be checked");
      }),
  };
}
