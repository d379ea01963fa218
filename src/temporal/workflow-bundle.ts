import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Made by the build beside the compiled sources, so that a worker starts without bundling. */
export const workflowBundle = { codePath: fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url)) };

/** Names the code of the workflows: the same code has the same id wherever it was built. */
export function workflowBuildId(codePath: string = workflowBundle.codePath): string {
  // The source map behind the code holds the folder of the build.
  const [code = ''] = readFileSync(codePath, 'utf8').split('\n//# sourceMappingURL=');
  return createHash('sha256').update(code).digest('hex').slice(0, 12);
}
