import { rowsUrl, type StackAddresses } from '../stack/index.js';

/** The variables with the addresses of a stack's servers. */
const variablesOf = (addresses: StackAddresses): Record<string, string> => ({
  MYSQL_URL: addresses.mysqlUrl,
  AMQP_URL: addresses.amqpUrl,
  ...(addresses.rabbitmqApiUrl && { RABBITMQ_API_URL: addresses.rabbitmqApiUrl }),
  TEMPORAL_ADDRESS: addresses.temporalAddress,
  TEMPORAL_NAMESPACE: addresses.temporalNamespace,
});

/** The environment of a command: the caller's variables, and the addresses of the stack's servers. */
export const environmentOn = (set: NodeJS.ProcessEnv, addresses: StackAddresses): NodeJS.ProcessEnv => ({
  // Only a private Temporal has a known Web UI.
  ...(addresses.temporalUiUrl === undefined ? set : withoutTemporalSettings(set)),
  ...variablesOf(addresses),
});

/** The environment of the API, the bridge and the worker: their account of a private MySQL may only change rows. */
export const processEnvironmentOn = (set: NodeJS.ProcessEnv, addresses: StackAddresses): NodeJS.ProcessEnv => ({
  ...environmentOn(set, addresses),
  ...(given(set).MYSQL_URL === undefined && { MYSQL_URL: rowsUrl(addresses.mysqlUrl) }),
});

const ours = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_TASK_QUEUE'];

/**
 * Removes TLS, API key and profile of Temporal's SDK: they belong to another Temporal, and a private one has none of
 * them. The SDK would also read a file in the home folder. With an empty file name the SDK reads no file; a file
 * without a profile would be an error.
 */
export const withoutTemporalSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_') || ours.includes(name))),
  TEMPORAL_CONFIG_FILE: '',
});

/** The variables that are set and not empty. */
export const given = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
