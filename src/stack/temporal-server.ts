import { join } from 'node:path';
import { searchAttributes } from '../../workflows/search-attributes.js';
import type { HealthyServer, StackContext } from './context.js';
import { openOrDiscard } from './data-folder.js';
import { checkTemporal } from './health.js';
import { onFreePorts, untilHealthy } from './healthy.js';
import { startProcess } from './server-process.js';
import type { WorkflowAddresses } from './stack-record.js';
import { tcpAnswers } from './tcp-answers.js';

const namespace = 'default';

const dynamicConfig = [
  // The default limits are below what one machine can serve, and the default partitions split a queue that one worker
  // polls.
  'frontend.rps=100000',
  'frontend.namespaceRPS=100000',
  'frontend.namespaceRPS.visibility=1000',
  'history.rps=100000',
  'matching.rps=100000',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
];

const repeated = (flag: string, values: readonly string[]): string[] => values.flatMap((value) => [flag, value]);

/** A private Temporal on 127.0.0.1 with its Web UI, its data in one SQLite file. */
export async function startTemporal(context: StackContext, binary: string): Promise<HealthyServer<WorkflowAddresses>> {
  const folder = join(context.dataDir, 'temporal');
  const data = openOrDiscard(folder);
  // The server's command reads these variables, and they may name another cluster.
  const env = Object.fromEntries(Object.entries(context.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
  const synchronous = context.durability === 'relaxed' ? 'OFF' : 'NORMAL';
  return onFreePorts(context, ['temporal', 'temporal-ui'], async (port, uiPort) => {
    const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)];
    args.push('--namespace', namespace, '--log-level', 'warn', '--db-filename', join(folder, 'temporal.db'));
    args.push(...repeated('--sqlite-pragma', ['journal_mode=WAL', `synchronous=${synchronous}`]));
    args.push(
      ...repeated(
        '--search-attribute',
        searchAttributes.map(({ name, type }) => `${name}=${type[0]}${type.slice(1).toLowerCase()}`),
      ),
    );
    args.push(...repeated('--dynamic-config-value', dynamicConfig));
    const process = await startProcess(context, { name: 'temporal', file: binary, args, env, graceMs: 10_000 });
    const temporalAddress = `127.0.0.1:${port}`;
    const version = await untilHealthy(context, process, async () => {
      // gRPC waits a second after a refused connection, so the check waits until the port listens.
      await tcpAnswers(port as number);
      return checkTemporal({ address: temporalAddress }, namespace);
    });
    data.markReady();
    const temporalUiUrl = `http://127.0.0.1:${uiPort}`;
    const addresses = { temporalAddress, temporalNamespace: namespace, temporalUiUrl };
    return { addresses, version, endpoint: temporalAddress, process };
  });
}
