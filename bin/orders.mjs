#!/usr/bin/env node
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// npx links or copies this file elsewhere; the package is found from where it really stands.
const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const launcher = join(root, 'tools', 'launch.mjs');
// An image holds what is built and nothing that could install or build.
const program = existsSync(launcher) ? launcher : join(root, 'dist', 'src', 'cli', 'main.js');
void import(pathToFileURL(program).href);
