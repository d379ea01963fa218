import { readFileSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { AVA, type BuildCopy } from './build-copy.js';
import type { Mutant } from './mutant.js';

/** Code in which Stryker changes every expression, and the tests that must fail. */
export interface Rules {
  readonly mutate: string;
  readonly tests: readonly string[];
}

/** The part of Stryker's report that this file reads. */
interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly StrykerMutant[] }>>;
}
interface StrykerMutant {
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Place; readonly end: Place };
}
interface Place {
  readonly line: number;
  readonly column: number;
}

const REPORT = 'mutation.json';
const noticed = new Set(['Killed', 'Timeout']);
const counted = new Set([...noticed, 'Survived', 'NoCoverage']);

/** Runs Stryker on a copy, in place: its copy, its report and its sandbox are deleted after the run. */
export async function tryRules(
  copy: BuildCopy,
  { mutate, tests }: Rules,
  concurrency: number,
  onLine: (line: string) => void,
): Promise<Mutant[]> {
  const files = tests.map((file) => join('dist', 'test', file)).join(' ');
  const options = {
    mutate: [join('dist', mutate)],
    inPlace: true,
    testRunner: 'command',
    commandRunner: { command: `"${process.execPath}" ${AVA} --fail-fast ${files}` },
    plugins: [],
    disableTypeChecks: false,
    concurrency,
    // Long enough for a busy machine: a test that is only slow does not count as a test that fails.
    timeoutMS: 60_000,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: REPORT },
    logLevel: 'warn',
    allowConsoleColors: false,
  };
  writeFileSync(join(copy.folder, 'stryker.json'), JSON.stringify(options));
  const stryker = join('node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const [code, lines] = await copy.run([stryker, 'run', 'stryker.json'], onLine);
  if (code !== 0) throw new Error(`Stryker ended with ${code}\n${lines.join('\n')}`);
  const report = JSON.parse(readFileSync(join(copy.folder, REPORT), 'utf8')) as Report;
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) => {
    const map = new SourceMap(JSON.parse(readFileSync(join(copy.folder, `${file}.map`), 'utf8')));
    const tried = mutants.filter(({ status }) => counted.has(status));
    return tried.map((mutant) => ({
      file: file.replace(/^dist\//, ''),
      what: `line ${lineOf(map, mutant)}: ${textOf(source, mutant)} → ${mutant.replacement ?? ''}`,
      ...(noticed.has(mutant.status) && { noticedBy: mutant.status }),
    }));
  });
}

/** The place in the TypeScript source. */
function lineOf(map: SourceMap, { location: { start } }: StrykerMutant): number {
  const place = map.findEntry(start.line - 1, start.column - 1);
  return 'originalLine' in place ? place.originalLine + 1 : Number.NaN;
}

/** The changed code, up to the end of its first line. */
function textOf(source: string, { location: { start, end } }: StrykerMutant): string {
  const line = source.split('\n')[start.line - 1] ?? '';
  return line.slice(start.column - 1, end.line === start.line ? end.column - 1 : undefined);
}
