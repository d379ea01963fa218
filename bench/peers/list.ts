import { createDatabase } from '../../test/helpers/servers.js';
import type { Peer } from './peer.js';
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
];

const only = (pids: Readonly<Record<string, number>>, name: string) =>
  Object.fromEntries(Object.entries(pids).filter(([each]) => each === name));
