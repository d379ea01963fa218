import { nodeProblem } from './launch/node-version.js';

const problem = nodeProblem(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
} else {
  // Loaded only now: an older Node could not read it.
  void import('./launch/launch.js').then(({ launch }) => launch(process.argv.slice(2)));
}
