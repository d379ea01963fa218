import { BadCsv, quoted } from './bad-csv.js';

/** The columns of a file, as an export writes them; a file may have them in any order. */
export const columns = ['sku', 'name', 'price', 'currency', 'stock', 'active', 'max_per_order'] as const;
const required = columns.slice(0, 4);

export type Column = (typeof columns)[number];

const isColumn = (name: string): name is Column => columns.some((column) => column === name);

/** @returns the column of each field. @throws {BadCsv} which names unknown, repeated and missing columns */
export function readHeader(fields: readonly string[]): Column[] {
  const names = fields.map((field) => field.trim());
  const unknown = names.filter((name) => !isColumn(name));
  const repeated = names.filter((name, index) => isColumn(name) && names.indexOf(name) < index);
  const missing = required.filter((name) => !names.includes(name));
  const problems = [
    ...unknown.map((name) => `unknown column ${quoted(name)}`),
    ...repeated.map((name) => `column ${name} occurs twice`),
    ...missing.map((name) => `column ${name} is missing`),
  ];
  if (problems.length === 0) return names.filter(isColumn);
  const shown = problems.slice(0, 10).join(', ');
  throw new BadCsv({
    line: 1,
    problem: `${shown}. Expected the columns ${required.join(', ')}, and optionally ${columns.slice(4).join(', ')}`,
  });
}
