import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The build writes the bundle beside the compiled sources, so that a worker starts without bundling. */
export const workflowBundle = { codePath: fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url)) };

/** The id of the workflows' code. The same code has the same id in every build. */
export function workflowBuildId(codePath: string = workflowBundle.codePath): string {
  // The source map behind the code contains the folder of the build.
  const [code = ''] = readFileSync(codePath, 'utf8').split('\n//# sourceMappingURL=');
  return createHash('sha256').update(code).digest('hex').slice(0, 12);
}
