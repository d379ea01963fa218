import type { StackAddresses } from '../stack/index.js';

/** The variables that tell our processes where a stack's servers are. */
export const variablesOf = (addresses: StackAddresses): Record<string, string> => ({
  MYSQL_URL: addresses.mysqlUrl,
  AMQP_URL: addresses.amqpUrl,
  ...(addresses.rabbitmqApiUrl && { RABBITMQ_API_URL: addresses.rabbitmqApiUrl }),
  TEMPORAL_ADDRESS: addresses.temporalAddress,
  TEMPORAL_NAMESPACE: addresses.temporalNamespace,
});

/** What the caller set wins; what it left empty does not. */
export const given = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
