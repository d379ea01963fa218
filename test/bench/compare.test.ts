import test from 'ava';
import { compare, figureOf } from '../../bench/harness/compare.js';
import { regressions } from '../../bench/harness/regressions.js';
import { quantile } from '../../bench/harness/timing.js';

const runs = (...values: number[]) => values.map((value) => ({ value }));
const larger = { name: 'work', unit: 'orders/s', better: 'larger' } as const;

test('the ratio is the median of the ratios of the rounds', (t) => {
  const figure = figureOf(larger, { ours: runs(20, 60, 40), baseline: runs(10, 20, 10) });
  t.is(figure.ratio, 3);
  t.deepEqual(figure.between, [2, 4]);
  t.is(figure.ours, 40);
  t.is(figure.baseline, 10);
});

test('where a smaller figure is better, the ratio says how many times smaller ours is', (t) => {
  const figure = figureOf({ ...larger, better: 'smaller' }, { ours: runs(2, 2), baseline: runs(10, 10) });
  t.is(figure.ratio, 5);
});

test('rounds that do not agree which side is better give no ratio', (t) => {
  const figure = figureOf(larger, { ours: runs(9, 10, 11, 12), baseline: runs(10, 10, 10, 10) });
  t.is(figure.ratio, null);
  t.deepEqual(figure.between, [0.9, 1.1]);
});

test('rounds whose ratios differ by more than the ratio differs from 1 give no ratio', (t) => {
  const ratioOf = (...ours: number[]) =>
    figureOf(larger, { ours: runs(...ours), baseline: runs(10, 10, 10, 10) }).ratio;
  t.is(ratioOf(11, 12, 15, 16), null);
  t.is(ratioOf(13, 14, 15, 16), 1.4);
  t.is(ratioOf(9, 9, 6, 5), null, 'also where ours is worse');
  t.is(ratioOf(5, 5, 6, 6), 0.5);
});

test('a single round gives no ratio, and meets no goal for certain', (t) => {
  const { ratio, met } = figureOf({ ...larger, goal: 2 }, { ours: runs(90), baseline: runs(10) });
  t.is(ratio, null);
  t.is(met, null);
});

test('a goal is met when three quarters of the rounds meet the goal, and not certain between the quartiles', (t) => {
  const met = (goal: number) =>
    figureOf({ ...larger, goal }, { ours: runs(20, 30, 40, 50), baseline: runs(10, 10, 10, 10) }).met;
  t.is(met(2), true);
  t.is(met(3), null);
  t.is(met(5), false);
});

test('the details of a side are medians over its rounds', (t) => {
  const ours = [1, 5, 3].map((p99) => ({ value: 10, details: { 'p99 ms': p99 } }));
  const figure = figureOf(larger, { ours, baseline: runs(1, 1, 1) });
  t.deepEqual(figure.details, { ours: { 'p99 ms': 3 }, baseline: {} });
});

test('the sides take turns to run first, and the first run of each side does not count', async (t) => {
  const ran: string[] = [];
  const side = (name: string) => async () => {
    ran.push(name);
    return { value: ran.length <= 2 ? 1_000 : 2 };
  };
  const figure = await compare({ ...larger, rounds: 2 }, { ours: side('ours'), baseline: side('baseline') });
  t.deepEqual(ran, ['baseline', 'ours', 'ours', 'baseline', 'baseline', 'ours']);
  t.is(figure.ours, 2);
});

test('a quantile is the smallest value that the share of the values do not exceed', (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  t.is(quantile(hundred, 0.99), 99);
  t.is(quantile(hundred, 0.5), 50);
  t.is(quantile([7], 0), 7);
});

test('a figure is a regression when even its better rounds are below the least ratio', (t) => {
  const figure = figureOf(larger, { ours: runs(30, 40, 50, 60), baseline: runs(10, 10, 10, 10) });
  t.deepEqual(regressions([figure], 5), []);
  t.deepEqual(regressions([figure], 6), ['work: the ratio is 3 to 5, at least 6 is expected']);
});
