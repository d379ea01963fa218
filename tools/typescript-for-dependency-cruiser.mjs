import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * dependency-cruiser parses with the compiler's JavaScript API, which TypeScript 7 no longer has. Without this API
 * dependency-cruiser uses swc where another package has installed it, and then cannot distinguish the import of a type
 * from the import of a value. `node --import` preloads this file, which resolves `import 'typescript'` to the API of
 * TypeScript 6 in @ts-morph/common, without a second `tsc`.
 */
const require = createRequire(import.meta.url);
const api = require.resolve('@ts-morph/common/dist/typescript.js');
const source = JSON.stringify({ version: require(api).version });
const manifest = `data:application/json,${source}`;

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === 'typescript') return { url: pathToFileURL(api).href, format: 'commonjs', shortCircuit: true };
    if (specifier === 'typescript/package.json') return { url: manifest, format: 'json', shortCircuit: true };
    return nextResolve(specifier, context);
  },
  load(url, context, nextLoad) {
    return url === manifest ? { format: 'json', source, shortCircuit: true } : nextLoad(url, context);
  },
});
