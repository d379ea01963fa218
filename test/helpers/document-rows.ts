import { read } from '../compose/files.js';

/** The rows of the tables below one heading of a document, cell by cell, without the tables' header rows. */
export function rowsOf(path: string, heading: string): string[][] {
  const [, section = ''] = read(path).split(`## ${heading}\n`);
  const [body = ''] = section.split('\n## ');
  const lines = body.split('\n').filter((line) => line.startsWith('|'));
  const isRule = (line: string | undefined) => line !== undefined && /^\|[-|]+\|$/.test(line);
  return lines
    .filter((line, index) => !isRule(line) && !isRule(lines[index + 1]))
    .map((line) => line.slice(2, -2).split(' | '));
}
