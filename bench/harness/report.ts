import { cpus } from 'node:os';
import type { StackServer } from '../../src/stack/index.js';
import type { Details, Figure } from './figure.js';

/** The machine and the versions, in a line. */
export function environmentOf(servers: readonly Pick<StackServer, 'name' | 'version'>[]): string {
  const processors = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  const versions = servers.map(({ name, version }) => `${name} ${version.replace(/-MariaDB.*/i, '')}`);
  return [processors, `node ${process.versions.node}`, ...versions].join(', ');
}

/** The figures as text: for each a line with its ratio, and the figures of both sides beside it. */
export const printed = (figures: readonly Figure[]): string => figures.map(lines).join('\n');

function lines(figure: Figure): string {
  const { name, unit, ours, baseline, details } = figure;
  return [
    `${name}: ${short(ours)} ${unit}, compared with ${short(baseline)}; ${ratioInWords(figure)}${goalInWords(figure)}`,
    ...(details ? [...side('ours', details.ours), ...side('compared with', details.baseline)] : []),
  ].join('\n');
}

const side = (title: string, details: Details): string[] => {
  const text = detailsInWords(details);
  return text === '' ? [] : [`  ${title}: ${text}`];
};

const detailsInWords = (details: Details): string =>
  Object.entries(details)
    .map(([name, value]) => `${name} ${short(value)}`)
    .join(', ');

function ratioInWords({ ratio, between, rounds }: Figure): string {
  const quartiles = between.map(short).join(' to ');
  return ratio === null ? `no ratio, ${refusalInWords(rounds)} (${quartiles})` : `ratio ${short(ratio)} (${quartiles})`;
}

/** Why a figure has no ratio. */
export const refusalInWords = (rounds: number): string => (rounds === 1 ? 'a single round' : 'the rounds differ');

function goalInWords({ goal, met }: Figure): string {
  return goal === undefined ? '' : `; goal ${short(goal)}: ${metInWords(met)}`;
}

export const metInWords = (met: Figure['met']): string =>
  met === true ? 'met' : met === false ? 'not met' : 'not certain';

/** Three digits are more than two shared cores can repeat. */
export const short = (value: number): string =>
  Number(value.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 });
