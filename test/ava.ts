import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

/** ava's command line, whose TAP ends the whole run at a failure with a field that is undefined, as drivers' errors have. */

const modules = resolve(import.meta.dirname, '..', '..', 'node_modules');
const yaml = createRequire(join(modules, 'supertap', 'dist', 'index.js'))('js-yaml');
const dump = yaml.safeDump;
yaml.safeDump = (value: unknown, options: object) => dump(value, { skipInvalid: true, ...options });

await import(join(modules, 'ava', 'entrypoints', 'cli.js'));
