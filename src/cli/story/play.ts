import { styleText } from 'node:util';
import { messageOf } from '../../domain/errors.js';
import type { Scene, Seen, Step } from './step.js';
import { parallelSteps, sequentialSteps } from './steps.js';

/**
 * Plays every step and prints its result at its end: held, with what was seen and links, or broken, and why.
 *
 * @returns whether all steps held
 */
export async function playStory(
  scene: Scene,
  options: {
    readonly say: (line: string) => void;
    readonly timelineOf: (workflowId: string) => string;
    /** After an abort nothing more is printed, since all steps then fail because of the abort. */
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const { timelineOf, signal } = options;
  const say = (line: string): void => {
    if (!signal.aborted) options.say(line);
  };
  let held = 0;

  async function playStep(step: Step): Promise<void> {
    try {
      const seen = await step.play(scene);
      held++;
      say(`${styleText('green', '✔ held')}  ${styleText('bold', step.title)}`);
      printSeen(seen);
    } catch (error) {
      say(`${styleText('red', '✘ broken')}  ${styleText('bold', step.title)}\n    ${messageOf(error)}`);
    }
  }

  function printSeen({ lines, orders }: Seen): void {
    for (const line of lines) say(`    ${line}`);
    for (const id of orders) say(`    ${styleText('cyan', timelineOf(id.includes(':') ? id : `order:${id}`))}`);
  }

  await Promise.all(parallelSteps.map(playStep));
  for (const step of sequentialSteps) await playStep(step);
  const all = parallelSteps.length + sequentialSteps.length;
  say(
    held === all
      ? styleText('green', `All ${all} steps held.`)
      : styleText('red', `${all - held} of ${all} steps did not hold.`),
  );
  return held === all;
}
