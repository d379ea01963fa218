import type { StackContext } from '../../src/stack/context.js';
import { createDatabase, createVhost } from '../../test/helpers/servers.js';
import type { Peer } from './peer.js';
import { startPostgres } from './servers/postgres.js';
import { startRedis } from './servers/redis.js';
import { startRestate } from './servers/restate.js';

/** Each peer with the servers that its users would give it. The private MySQL and RabbitMQ are those of ours. */
export const peers: readonly Peer[] = [
  {
    name: 'bullmq',
    async servers(context, { pids }) {
      const redis = await startRedis(context);
      const { url } = await createDatabase();
      return { env: { REDIS_URL: redis.url, MYSQL_URL: url }, pids: { redis: redis.pid, ...only(pids, ['mysql']) } };
    },
  },
  { name: 'pg-boss', servers: onPostgres },
  { name: 'dbos', servers: onPostgres },
  {
    name: 'legacy',
    async servers(_context, { pids }) {
      const [database, vhost] = await Promise.all([createDatabase(), createVhost()]);
      return { env: { MYSQL_URL: database.url, AMQP_URL: vhost.url }, pids: only(pids, ['mysql', 'rabbitmq']) };
    },
  },
  {
    name: 'restate',
    async servers(context) {
      const [postgres, restate] = await Promise.all([startPostgres(context), startRestate(context)]);
      return {
        env: {
          POSTGRES_URL: postgres.url,
          RESTATE_INGRESS_URL: restate.ingressUrl,
          RESTATE_ADMIN_URL: restate.adminUrl,
          RESTATE_SDK_PORT: `${restate.sdkPort}`,
          // Else it logs each call.
          RESTATE_LOGGING: 'WARN',
        },
        pids: { postgres: postgres.pid, 'restate-server': restate.pid },
        resting: [restate.pid],
        onStart: restate.register,
      };
    },
  },
];

async function onPostgres(context: StackContext) {
  const { url, pid } = await startPostgres(context);
  return { env: { POSTGRES_URL: url }, pids: { postgres: pid } };
}

const only = (pids: Readonly<Record<string, number>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(pids).filter(([each]) => names.includes(each)));
