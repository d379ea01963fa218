import test from 'ava';
import { figureOf } from '../../bench/harness/compare.js';
import { withFigures } from '../../bench/record/page.js';
import { drawPictures } from '../../bench/record/pictures.js';
import { allRecorded } from '../../bench/record/record.js';
import { read } from '../compose/files.js';

test('docs/performance.md shows the recorded figures', (t) => {
  const page = read('docs/performance.md');
  t.is(withFigures(page, allRecorded()), page);
  t.true(allRecorded().length > 0);
});

test('the pictures show the recorded figures', async (t) => {
  for (const [file, svg] of await drawPictures(allRecorded())) t.is(svg, read(`docs/images/${file}`), file);
});

test('a figure is a row with its ratio, the quartiles of its rounds and its goal', (t) => {
  const runs = (...values: number[]) => values.map((value) => ({ value, details: { 'p99 ms': 4 } }));
  const figure = figureOf(
    { name: 'pay: 1 SKU', unit: 'payments/s', better: 'larger', goal: 5 },
    { ours: runs(40, 60, 90), baseline: runs(10, 10, 10) },
  );
  const section = { name: 'pay', work: 'Payments.', comparedWith: 'The workflow.', at: '2026-11-27T10:00:00Z' };
  const page = 'Before\n<!-- figures: written by the benchmarks -->\nold\n<!-- end of the figures -->\nafter\n';
  const written = withFigures(page, [{ ...section, environment: '2 × CPU', figures: [figure] }]);
  t.true(written.startsWith('Before\n'));
  t.true(written.endsWith('\nafter\n'));
  t.false(written.includes('old'));
  t.true(written.includes('| 1 SKU, payments/s | 60 | 10 | 6 | 4 to 9 | 5, not certain |'));
  t.true(written.includes('- 1 SKU: ours: p99 ms **4**'));
});

test('a page without a place for the figures is an error', (t) => {
  t.throws(() => withFigures('# Performance\n', []), { message: /the page has no/ });
});
