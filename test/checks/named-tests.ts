import { read } from '../compose/files.js';

interface NamedTest {
  readonly file: string;
  readonly name: string;
}

/**
 * The tests that the last cell of a document's row names, each as `file`: “name”, one below the other. Nothing else
 * stands in that cell: what is written in another form is `undefined`.
 */
export const testsNamedIn = (row: string): (NamedTest | undefined)[] =>
  (cellsOf(row).at(-1) ?? '').split('<br>').map((proof) => {
    const [, file, name] = /^`(test\/[\w/.-]+\.ts)`: “([^”]+)”$/.exec(proof) ?? [];
    return file === undefined || name === undefined ? undefined : { file, name };
  });

/** A test's name as it stands in its source, whichever quotes are around it. */
export const isThere = ({ file, name }: NamedTest): boolean =>
  [`'${name}'`, `"${name}"`, `\`${name}\``].some((quoted) => read(file).includes(quoted));

export const cellsOf = (row: string): string[] => row.slice(2, -2).split(' | ');

/** A cell that a reader takes in at once; more stands in a note below the table. */
export const isShort = (cell: string): boolean => cell.length <= 120;
