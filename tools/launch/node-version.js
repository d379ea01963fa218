// Uses only the syntax of old Nodes: with newer syntax an old Node would print a syntax error, not this message.
const needed = [20, 19];

/** The reason why the launcher cannot run on this version of Node; undefined where it can. */
export function nodeProblem(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return undefined;
  const wanted = needed.join('.');
  return `Node.js ${version} is too old: ${wanted} or later is needed. To mend it: install it from https://nodejs.org/en/download`;
}
