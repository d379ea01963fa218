#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// npx links or copies this file elsewhere; the launcher is found from where it really stands.
const here = dirname(realpathSync(fileURLToPath(import.meta.url)));
const { launch } = await import(pathToFileURL(join(here, '..', 'tools', 'launch', 'launch.js')).href);
await launch(process.argv.slice(2));
