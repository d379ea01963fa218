import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Section } from './page.js';

/** @returns the pictures of docs/performance.md: SVG by file name */
export async function drawPictures(sections: readonly Section[]): Promise<[file: string, svg: string][]> {
  const figures = sections.flatMap((section) => section.figures);
  return [['performance-ratios.svg', await drawn(ratios(figures))]];
}

const drawn = (spec: TopLevelSpec): Promise<string> =>
  new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();

/** How many times better ours is: a bar for each figure, with the range of the rounds, on a logarithmic axis. */
function ratios(figures: readonly Section['figures'][number][]): TopLevelSpec {
  const values = figures.map(({ name, ratio, between: [low, high], goal }) => ({
    name,
    ratio: ratio ?? Math.sqrt(low * high),
    low,
    high,
    goal: goal ?? null,
  }));
  const y = { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelLimit: 400 } } as const;
  const x = { type: 'quantitative', scale: { type: 'log' }, title: 'times better than the other side' } as const;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    width: 520,
    data: { values },
    layer: [
      { mark: { type: 'bar', color: '#4c78a8' }, encoding: { y, x: { ...x, field: 'ratio' }, x2: { datum: 1 } } },
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
