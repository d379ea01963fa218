import type { Client } from '@temporalio/client';
import { isUnavailable, messageOf } from '../domain/errors.js';
import type { Log } from '../domain/log.js';
import { createSetupCheck } from '../temporal/setup.js';
import { untilAvailable } from './until-available.js';

export interface TemporalSetup {
  /** For `/readyz`: resolves with a remark, where something is worth mending. @throws {NotSetUp} naming what is missing */
  readonly check: () => Promise<string | undefined>;
  /** Once, in the background of the start: logs what is missing, and how to mend it, until nothing is. */
  readonly report: () => void;
  /** Resolves when orders can be started on this Temporal. */
  readonly wait: () => Promise<void>;
}

/** What a process asks of a Temporal that the project may not have started. */
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
