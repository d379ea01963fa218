import { condition, defineSignal, setHandler } from '@temporalio/workflow';

const end = defineSignal('end');

/** The least that an order in Temporal can be: a workflow that waits for a signal, and closes. */
export async function floorWorkflow(_order: object): Promise<void> {
  let ended = false;
  setHandler(end, () => {
    ended = true;
  });
  await condition(() => ended);
}
