import type { Details, Figure, Sample } from '../harness/figure.js';
import { metInWords, refusalInWords, short } from '../harness/report.js';
import type { Recorded } from './recorded.js';

/** A recorded benchmark and its words. */
export interface Section extends Recorded {
  readonly name: string;
  readonly work: string;
  readonly comparedWith: string;
}

const [BEGIN, END] = ['<!-- figures: written by the benchmarks -->', '<!-- end of the figures -->'];

/**
 * Replaces the part of docs/performance.md that the benchmarks write.
 *
 * @throws when the page has no such part
 */
export function withFigures(page: string, sections: readonly Section[]): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no ${BEGIN} … ${END}`);
  return `${before}${BEGIN}\n\n${sections.map(sectionOf).join('\n')}\n${END}${after}`;
}

function sectionOf(section: Section): string {
  const { name, work, comparedWith, at, environment, figures } = section;
  return [
    `### \`${name}\``,
    '',
    `${work} Compared with: ${comparedWith}`,
    '',
    '| | ours | compared with | ratio | quartiles | goal |',
    '|---|---|---|---|---|---|',
    ...figures.map(rowOf),
    '',
    ...detailsOf(figures),
    ...pictureOf(section),
    `${at.slice(0, 10)}, ${environment}.`,
    '',
  ].join('\n');
}

export const samplesOf = ({ figures }: Section): readonly Sample[] | undefined =>
  figures.find(({ samples }) => samples !== undefined)?.samples;

export const fileOfSamples = ({ name }: Section): string => `performance-${name}.svg`;

const pictureOf = (section: Section): string[] =>
  samplesOf(section) === undefined ? [] : [`![\`${section.name}\` over time](images/${fileOfSamples(section)})`, ''];

const rowOf = (figure: Figure): string => {
  const { name, unit, ours, baseline, ratio, between, rounds, goal, met } = figure;
  const cells = [
    `${titleOf(name)}, ${unit}`,
    short(ours),
    short(baseline),
    ratio === null ? refusalInWords(rounds) : short(ratio),
    between.map(short).join(' to '),
    goal === undefined ? '' : `${short(goal)}, ${metInWords(met)}`,
  ];
  return `| ${cells.join(' | ')} |`;
};

/** The name of a figure begins with the name of its benchmark, which the heading has. */
const titleOf = (name: string): string => name.slice(name.indexOf(':') + 1).trim();

function detailsOf(figures: readonly Figure[]): string[] {
  const rows = figures.flatMap(({ name, details }) => [
    ...detailRow(`${titleOf(name)}: ours`, details?.ours),
    ...detailRow(`${titleOf(name)}: compared with`, details?.baseline),
  ]);
  return rows.length === 0 ? [] : [...rows, ''];
}

const detailRow = (title: string, details: Details = {}): string[] => {
  const entries = Object.entries(details).map(([name, value]) => `${name} **${short(value)}**`);
  return entries.length === 0 ? [] : [`- ${title}: ${entries.join(', ')}`];
};
