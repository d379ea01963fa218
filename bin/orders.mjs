#!/usr/bin/env node
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// npx links or copies this file elsewhere; the package is found by the real path of this file.
const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const launcher = join(root, 'tools', 'launch.mjs');
// An image has the build, and no tools to install or build.
const script = existsSync(launcher) ? launcher : join(root, 'dist', 'src', 'cli', 'main.js');
void import(pathToFileURL(script).href);
