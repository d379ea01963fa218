import { mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import pc from 'picocolors';
import { diagnoseServers } from '../stack/diagnose.js';
import { findRunningStack } from '../stack/index.js';
import { diagnoseDurability } from './doctor-durability.js';
import type { Finding } from './doctor-finding.js';
import { diagnoseListeners } from './doctor-listeners.js';
import { diagnoseTopology } from './doctor-topology.js';

const WIDTH = 'durability'.length;
const neededBytes = 1_000_000_000;

function node(): Finding {
  const found = `${process.versions.node}, ${process.platform} ${process.arch}`;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return { what: 'Node.js', found, mend: enough ? undefined : 'install Node.js 20.19 or later' };
}

async function disk(dataDir: string): Promise<Finding> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const found = `${(free / 1e9).toFixed(1)} GB free for ${dataDir}`;
  return { what: 'disk', found, mend: free < neededBytes ? 'free 1 GB, or set ORDERS_DATA_DIR elsewhere' : undefined };
}

/**
 * Reports each address and port the system needs: what answers there, which version, and what to do when it is wrong.
 *
 * @returns false when something is missing
 */
export async function doctor(deps: {
  dataDir: string;
  env: NodeJS.ProcessEnv;
  out: (line: string) => void;
}): Promise<boolean> {
  const { dataDir, env, out } = deps;
  const running = await findRunningStack(dataDir);
  out(running ? 'npm start runs in this clone.' : 'npm start does not run in this clone.');
  const findings = await Promise.all([
    node(),
    disk(dataDir),
    ...diagnoseServers(env, running),
    ...diagnoseListeners(env),
  ]);
  findings.push(...(await diagnoseTopology(env.AMQP_URL || running?.amqpUrl, env)));
  findings.push(...(await diagnoseDurability(env.MYSQL_URL || running?.mysqlUrl, env)));
  for (const { what, found, mend } of findings) {
    out(`${mend ? pc.red('wrong') : pc.green('ok   ')}  ${what.padEnd(WIDTH)} ${found}`);
    if (mend) out(`${' '.repeat(8 + WIDTH)}${mend}`);
  }
  const wrong = findings.filter(({ mend }) => mend !== undefined).length;
  out(wrong === 0 ? 'Nothing is missing.' : `${wrong} of ${findings.length} are wrong.`);
  return wrong === 0;
}
