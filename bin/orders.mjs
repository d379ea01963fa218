#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// npx links or copies this file elsewhere; the launcher is found from where it really stands.
const here = dirname(realpathSync(fileURLToPath(import.meta.url)));
void import(pathToFileURL(join(here, '..', 'tools', 'launch.mjs')).href);
