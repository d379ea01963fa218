import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Sample } from '../harness/figure.js';
import { fileOfSamples, type Section, samplesOf } from './page.js';

/** @returns the pictures of docs/performance.md: SVG by file name */
export async function drawPictures(sections: readonly Section[]): Promise<[file: string, svg: string][]> {
  const pictures = [
    { file: 'performance-ratios.svg', spec: ratios(sections.flatMap(({ figures }) => figures)) },
    ...sections.flatMap((section) => {
      const samples = samplesOf(section);
      return samples === undefined ? [] : [{ file: fileOfSamples(section), spec: overTime(samples) }];
    }),
  ];
  return await Promise.all(
    pictures.map(async ({ file, spec }): Promise<[string, string]> => [file, await drawn(spec)]),
  );
}

const drawn = (spec: TopLevelSpec): Promise<string> =>
  new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();

/** The counts of a benchmark over time, as lines. */
function overTime(samples: readonly Sample[]): TopLevelSpec {
  const values = samples.flatMap(({ seconds, ...counts }) =>
    Object.entries(counts).map(([what, count]) => ({ seconds, what, count })),
  );
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    width: 520,
    height: 240,
    data: { values },
    mark: { type: 'line', strokeWidth: 2 },
    encoding: {
      x: { field: 'seconds', type: 'quantitative', title: 'seconds' },
      y: { field: 'count', type: 'quantitative', title: 'orders' },
      color: { field: 'what', type: 'nominal', title: null },
    },
  };
}

/**
 * How many times better ours is: a bar for each ratio, with the quartiles of the rounds, on a logarithmic axis. A figure
 * whose ratio is refused has its quartiles only.
 */
function ratios(figures: readonly Section['figures'][number][]): TopLevelSpec {
  const values = figures.map(({ name, ratio, between: [low, high], goal }) => ({
    name,
    ratio,
    low,
    high,
    goal: goal ?? null,
  }));
  // A layer without refused figures would move them to the end.
  const sort = values.map(({ name }) => name);
  const y = { field: 'name', type: 'nominal', sort, title: null, axis: { labelLimit: 900 } } as const;
  const axis = { title: 'times better than the other side', orient: 'top' } as const;
  const x = { type: 'quantitative', scale: { type: 'log' }, axis } as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    width: 520,
    data: { values },
    layer: [
      {
        transform: [{ filter: 'datum.ratio !== null' }],
        mark: { type: 'bar', color: '#4c78a8' },
        encoding: { y, x: { ...x, field: 'ratio' }, x2: { datum: 1 } },
      },
      {
        mark: { type: 'rule', color: '#222', strokeWidth: 2 },
        encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' } },
      },
      {
        transform: [{ filter: 'datum.goal !== null' }],
        mark: { type: 'tick', color: '#e45756', thickness: 3 },
        encoding: { y, x: { ...x, field: 'goal' } },
      },
    ],
  };
}
