import { patched, workflowInfo } from '@temporalio/workflow';

/** About so many events a run may have. The usual life of an order has some twenty; Temporal ends a run at 51,200. */
const LONG_HISTORY = 1_000;

/** The bounds of a run, whose history signals can make long. */
export function createBounds() {
  let bounded: boolean | undefined;

  /**
   * Whether this run drops needless causes and continues in a new run. A run that met its first needless cause under an
   * earlier version does neither until its end. The marker is in a history only where the answer mattered.
   */
  function isBounded(): boolean {
    bounded ??= patched('bounded-history');
    return bounded;
  }

  return {
    isBounded,
    isLong(): boolean {
      const { historyLength, continueAsNewSuggested } = workflowInfo();
      return (continueAsNewSuggested || historyLength >= LONG_HISTORY) && isBounded();
    },
  };
}
