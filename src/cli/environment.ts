import { rowsUrl, type StackAddresses } from '../stack/index.js';

/** The variables that tell our processes where a stack's servers are. */
const variablesOf = (addresses: StackAddresses): Record<string, string> => ({
  MYSQL_URL: addresses.mysqlUrl,
  AMQP_URL: addresses.amqpUrl,
  ...(addresses.rabbitmqApiUrl && { RABBITMQ_API_URL: addresses.rabbitmqApiUrl }),
  TEMPORAL_ADDRESS: addresses.temporalAddress,
  TEMPORAL_NAMESPACE: addresses.temporalNamespace,
});

/** What our processes are given: what the caller set, and where the stack's servers are. */
export const environmentOn = (set: NodeJS.ProcessEnv, addresses: StackAddresses): NodeJS.ProcessEnv => ({
  // A private Temporal has a Web UI of its own.
  ...(addresses.temporalUiUrl === undefined ? set : withoutTemporalSettings(set)),
  ...variablesOf(addresses),
});

/** The same for the programs: a private MySQL has an account for them, which reads and writes rows and nothing else. */
export const programsEnvironmentOn = (set: NodeJS.ProcessEnv, addresses: StackAddresses): NodeJS.ProcessEnv => ({
  ...environmentOn(set, addresses),
  ...(given(set)['MYSQL_URL'] === undefined && { MYSQL_URL: rowsUrl(addresses.mysqlUrl) }),
});

const ours = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_TASK_QUEUE'];

/**
 * TLS, API key and profile of Temporal's SDK are meant for another Temporal than a private one, which has none of them.
 * The SDK would also read a file in the home folder: an empty name is that of no file, which the SDK takes for none. A
 * file without a profile would stop the SDK.
 */
export const withoutTemporalSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_') || ours.includes(name))),
  TEMPORAL_CONFIG_FILE: '',
});

/** What the caller set wins; what it left empty does not. */
export const given = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
