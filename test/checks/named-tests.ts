import { read } from '../compose/files.js';

/** The tests that a row of a document names, each as `file`: “name”. */
export const testsNamedIn = (row: string): { readonly file: string; readonly name: string }[] =>
  [...row.matchAll(/`(test\/[\w/.-]+\.ts)`: “([^”]+)”/g)].map(([, file = '', name = '']) => ({ file, name }));

/** A test's name as it stands in its source, whichever quotes are around it. */
export const isThere = ({ file, name }: { readonly file: string; readonly name: string }): boolean =>
  [`'${name}'`, `"${name}"`, `\`${name}\``].some((quoted) => read(file).includes(quoted));

/** Tests that a row names in any form. */
export const countNamed = (row: string): number => row.split('`test/').length - 1;
