import { appendFileSync } from 'node:fs';
import { setSourceMapsSupport } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

/** What ava loads into the process of each test file before its tests. */

// Stack traces use the source maps of our code only: the maps of all libraries take longer than many tests.
setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });

const { TEST_TIMES: times } = process.env;
if (times !== undefined) {
  process.once('exit', () => {
    const file = relative(import.meta.dirname, fileURLToPath(test.meta.file)).replace(/\.js$/, '.ts');
    appendFileSync(times, `${JSON.stringify({ file: `test/${file}`, seconds: performance.now() / 1_000 })}\n`);
  });
}
