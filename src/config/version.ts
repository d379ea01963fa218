import { readFileSync } from 'node:fs';

const { version: written } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** The version of this package. It is written in package.json and nowhere else. */
export const version: string = written;
