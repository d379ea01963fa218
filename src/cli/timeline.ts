import { findRunningStack } from '../stack/index.js';
import { dataDirOf } from './data-dir.js';

/**
 * Where Temporal's Web UI shows the workflow: its address for the Temporal of an `npm start`, else the path in the Web
 * UI.
 */
export async function timelineOf(env: NodeJS.ProcessEnv, mysqlUrl: string, workflowId: string): Promise<string> {
  const running = await findRunningStack(dataDirOf(env));
  const known = running?.mysqlUrl === mysqlUrl ? running : undefined;
  const namespace = known?.temporalNamespace ?? env['TEMPORAL_NAMESPACE'] ?? 'default';
  const path = `/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
  return known?.temporalUiUrl === undefined
    ? `${path} of the Web UI of your Temporal`
    : `${known.temporalUiUrl}${path}`;
}
