import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What this code reads of a `.cpuprofile`. The times are in microseconds. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Longer names are regular expressions. */
const LONGEST = 120;

/** For an entry of `NODE_OPTIONS`: the process writes its profile into `folder` when the process ends. */
export const profiledInto = (folder: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}`,
});

/**
 * The functions that take the most time themselves, as lines of text with their share of the busy time.
 *
 * @param folder has one profile
 * @param fromMs leaves out the beginning of the profile: the start of the process
 */
export function topFunctions(folder: string, fromMs: number, count = 40): string[] {
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame).slice(0, LONGEST)]));
  const self = new Map<string, number>();
  let at = 0;
  for (const [index, id] of samples.entries()) {
    const spent = timeDeltas[index] ?? 0;
    at += spent;
    const name = names.get(id) ?? '';
    if (at >= fromMs * 1_000 && name !== '(idle)') self.set(name, (self.get(name) ?? 0) + spent);
  }
  const busy = [...self.values()].reduce((sum, each) => sum + each, 0);
  return [...self]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, spent]) => `${((spent / busy) * 100).toFixed(1).padStart(5)} %  ${name}`);
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const place = url.replace(/^.*\/(?=node_modules\/|dist\/)/, '');
  return `${functionName || '(anonymous)'}${place === '' ? '' : ` ${place}:${lineNumber + 1}`}`;
}
