import { statfs } from 'node:fs/promises';
import { styleText } from 'node:util';
import { diagnoseServers } from '../stack/diagnose.js';
import { findRunningStack } from '../stack/index.js';
import { dataDirProblem, noPrivateServers } from './data-dir.js';
import { diagnoseCaptures } from './doctor-captures.js';
import { diagnoseDurability } from './doctor-durability.js';
import { diagnoseEndpoints } from './doctor-endpoints.js';
import type { Finding } from './doctor-finding.js';
import { diagnoseListeners } from './doctor-listeners.js';
import { diagnoseSecrets } from './doctor-secrets.js';
import { diagnoseTopology } from './doctor-topology.js';
import { given } from './environment.js';

/** The longest name of a finding. */
const WIDTH = 'durability'.length;
/** A rule of thumb for the data and the logs of the private servers. */
const NEEDED_BYTES = 1_000_000_000;

function node(): Finding {
  const found = `${process.versions.node}, ${process.platform} ${process.arch}`;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return { what: 'Node.js', found, mend: enough ? undefined : 'install Node.js 20.19 or later' };
}

async function disk(dataDir: string): Promise<Finding> {
  const problem = dataDirProblem(dataDir);
  if (problem)
    return { what: 'disk', found: problem, mend: 'make the folder writable, or set ORDERS_DATA_DIR elsewhere' };
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const found = `${(free / 1e9).toFixed(1)} GB free for ${dataDir}`;
  return { what: 'disk', found, mend: free < NEEDED_BYTES ? 'free 1 GB, or set ORDERS_DATA_DIR elsewhere' : undefined };
}

/**
 * Reports each address and port that the system needs: what answers there, its version, and what to do when it is
 * wrong.
 *
 * @returns false when something is missing
 */
export async function doctor(deps: {
  dataDir: string;
  env: NodeJS.ProcessEnv;
  out: (line: string) => void;
}): Promise<boolean> {
  const { dataDir, out } = deps;
  const env = given(deps.env);
  // Without private servers, their folder and their tools are not needed.
  const forbidden = noPrivateServers(env);
  const running = forbidden ? undefined : await findRunningStack(dataDir);
  if (forbidden) out(`Every server is taken from the environment: ${forbidden}.`);
  else out(running ? 'npm start runs in this clone.' : 'npm start does not run in this clone.');
  const findings = await Promise.all([
    node(),
    ...(forbidden ? [] : [disk(dataDir)]),
    ...diagnoseServers(env, running, forbidden),
    ...diagnoseListeners(env),
    ...diagnoseSecrets(env, forbidden),
  ]);
  // A server that is wrong is reported already, and its topology or settings cannot be read.
  const isRight = (server: string): boolean => findings.every(({ what, mend }) => what !== server || !mend);
  const [broker, database] = [isRight('RabbitMQ'), isRight('MySQL')];
  findings.push(...(await diagnoseTopology(broker ? (env.AMQP_URL ?? running?.amqpUrl) : undefined, env)));
  const mysqlUrl = database ? (env.MYSQL_URL ?? running?.mysqlUrl) : undefined;
  findings.push(...(await diagnoseDurability(mysqlUrl, env)), ...(await diagnoseEndpoints(mysqlUrl)));
  findings.push(...(await diagnoseCaptures(mysqlUrl)));
  for (const { what, found, mend } of findings) {
    out(`${mend ? styleText('red', 'wrong') : styleText('green', 'ok   ')}  ${what.padEnd(WIDTH)} ${found}`);
    if (mend) out(`${' '.repeat(8 + WIDTH)}${mend}`);
  }
  const wrong = findings.filter(({ mend }) => mend !== undefined).length;
  out(wrong === 0 ? 'Nothing is missing.' : `${wrong} of ${findings.length} are wrong.`);
  return wrong === 0;
}
