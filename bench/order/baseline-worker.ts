import { type Forked, forked } from '../harness/forked.js';

/** Starts the worker of a baseline in a process of its own. */
export const startBaselineWorker = (
  name: 'floor' | 'textbook',
  env: NodeJS.ProcessEnv,
  taskQueue: string,
): Promise<Forked> =>
  forked(
    new URL(`../baselines/${name}/worker.js`, import.meta.url),
    [env['TEST_TEMPORAL_ADDRESS'] ?? '', taskQueue],
    env,
  );
