import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

/**
 * ava's command line. Its TAP reporter ends the run at an error with an undefined field, and drivers throw such errors.
 */

const modules = resolve(import.meta.dirname, '..', '..', 'node_modules');
const yaml = createRequire(join(modules, 'supertap', 'dist', 'index.js'))('js-yaml');
const dump = yaml.safeDump;
yaml.safeDump = (value: unknown, options: object) => dump(value, { skipInvalid: true, ...options });

await import(join(modules, 'ava', 'entrypoints', 'cli.js'));
