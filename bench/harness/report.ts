import { cpus } from 'node:os';
import type { Details, Figure } from './figure.js';

export const environment = (): string =>
  `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;

/** The figures as text: for each a line with its ratio, and the figures of both sides beside it. */
export const printed = (figures: readonly Figure[]): string => figures.map(lines).join('\n');

function lines(figure: Figure): string {
  const { name, unit, ours, baseline, details } = figure;
  return [
    `${name}: ${short(ours)} ${unit}, compared with ${short(baseline)}; ${ratioOf(figure)}`,
    ...(details ? [...side('ours', details.ours), ...side('compared with', details.baseline)] : []),
  ].join('\n');
}

const side = (title: string, details: Details): string[] => {
  const entries = Object.entries(details).map(([name, value]) => `${name} ${short(value)}`);
  return entries.length === 0 ? [] : [`  ${title}: ${entries.join(', ')}`];
};

function ratioOf({ ratio, between, goal, met }: Figure): string {
  const rounds = between.map(short).join(' to ');
  const text = ratio === null ? `no ratio, the rounds differ (${rounds})` : `ratio ${short(ratio)} (${rounds})`;
  if (goal === undefined) return text;
  const state = { true: 'met', false: 'not met', null: 'not certain' }[`${met ?? null}`];
  return `${text}; goal ${goal}: ${state}`;
}

/** Three digits are more than two shared cores can repeat. */
const short = (value: number): string =>
  Number(value.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 });
