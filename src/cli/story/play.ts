import { styleText } from 'node:util';
import { messageOf } from '../../domain/errors.js';
import { alone, type Scene, type Seen, type Step, together } from './steps.js';

/**
 * Plays every step and tells each as it is settled: held, with what was seen and where to look, or not, and why.
 *
 * @returns whether all of them held
 */
export async function playStory(
  scene: Scene,
  options: {
    readonly say: (line: string) => void;
    readonly timelineOf: (workflowId: string) => string;
    /** Once it aborts, nothing more is told: steps then fail for that reason alone. */
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const { timelineOf, signal } = options;
  const say = (line: string): void => {
    if (!signal.aborted) options.say(line);
  };
  let held = 0;

  async function tell(step: Step): Promise<void> {
    try {
      const seen = await step.play(scene);
      held++;
      say(`${styleText('green', '✔ held')}  ${styleText('bold', step.title)}`);
      tellSeen(seen);
    } catch (error) {
      say(`${styleText('red', '✘ broken')}  ${styleText('bold', step.title)}\n    ${messageOf(error)}`);
    }
  }

  function tellSeen({ lines, orders }: Seen): void {
    for (const line of lines) say(`    ${line}`);
    for (const id of orders) say(`    ${styleText('cyan', timelineOf(id.includes(':') ? id : `order:${id}`))}`);
  }

  await Promise.all(together.map(tell));
  for (const step of alone) await tell(step);
  const all = together.length + alone.length;
  say(
    held === all
      ? styleText('green', `All ${all} steps held.`)
      : styleText('red', `${all - held} of ${all} steps did not hold.`),
  );
  return held === all;
}
