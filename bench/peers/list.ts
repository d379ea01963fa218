import { createDatabase } from '../../test/helpers/servers.js';
import type { Peer } from './peer.js';
import { startPostgres } from './servers/postgres.js';
import { startRedis } from './servers/redis.js';

/** Each peer with the servers that its users would give it. The private MySQL and RabbitMQ are those of ours. */
export const peers: readonly Peer[] = [
  {
    name: 'bullmq',
    async servers(context, { pids }) {
      const redis = await startRedis(context);
      const { url } = await createDatabase();
      return { env: { REDIS_URL: redis.url, MYSQL_URL: url }, pids: { redis: redis.pid, ...only(pids, 'mysql') } };
    },
  },
  {
    name: 'pg-boss',
    async servers(context) {
      const postgres = await startPostgres(context);
      return { env: { POSTGRES_URL: postgres.url }, pids: { postgres: postgres.pid } };
    },
  },
];

const only = (pids: Readonly<Record<string, number>>, name: string) =>
  Object.fromEntries(Object.entries(pids).filter(([each]) => each === name));
