import { read } from '../compose/files.js';

interface NamedTest {
  readonly file: string;
  readonly name: string;
}

/**
 * The tests in the last cell of a document's row, each as `file`: “name”, one below the other. A part of the cell in
 * another form is `undefined`.
 */
export const testsNamedIn = (row: string): (NamedTest | undefined)[] =>
  (cellsOf(row).at(-1) ?? '').split('<br>').map((proof) => {
    const [, file, name] = /^`(test\/[\w/.-]+\.ts)`: “([^”]+)”$/.exec(proof) ?? [];
    return file === undefined || name === undefined ? undefined : { file, name };
  });

/** Whether the source of the file has a test with this name, in any quotes. */
export const isThere = ({ file, name }: NamedTest): boolean =>
  [`'${name}'`, `"${name}"`, `\`${name}\``].some((quoted) => read(file).includes(quoted));

export const cellsOf = (row: string): string[] => row.slice(2, -2).split(' | ');

/** Whether a cell is short enough to read at once; longer text is a note below the table. */
export const isShort = (cell: string): boolean => cell.length <= 120;
