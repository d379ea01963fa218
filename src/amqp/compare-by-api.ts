import { isUnavailable } from '../domain/errors.js';
import { type ManagementApi, readManagementApi } from './management-api.js';
import type { Topology } from './topology.js';

interface Listed {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/**
 * Compares the topology by the management API, for an account without the right to configure: AMQP compares nothing for
 * such an account. Missing entities are not named.
 *
 * @returns a line for each difference, or `undefined` when the API does not answer
 */
export async function differencesByApi(api: ManagementApi, topology: Topology): Promise<string[] | undefined> {
  try {
    const exchanges = await listed(api, 'api/exchanges/{vhost}');
    const queues = await listed(api, 'api/queues/{vhost}');
    return [
      ...topology.exchanges.flatMap(({ name, type }) => {
        const found = exchanges.get(name);
        return found ? differing('exchange', name, { durable: true, type }, { ...found }) : [];
      }),
      ...topology.queues.flatMap(({ name, arguments: args, ofEitherType }) => {
        const found = queues.get(name);
        if (found === undefined) return [];
        const { type, durable } = found;
        // Only newer versions of RabbitMQ list the type of a queue that was declared without a type in its arguments.
        const theirs = { 'x-queue-type': type, ...found.arguments, durable };
        return differing(
          'queue',
          name,
          { durable: true, ...args, ...(ofEitherType && { 'x-queue-type': type }) },
          theirs,
        );
      }),
    ];
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return undefined;
  }
}

async function listed(api: ManagementApi, path: string): Promise<ReadonlyMap<string, Listed>> {
  const found = await readManagementApi<Listed[]>(api, path);
  return new Map(found.map((entity) => [entity.name, entity]));
}

type Values = Readonly<Record<string, unknown>>;

const differing = (kind: string, name: string, ours: Values, theirs: Values): string[] =>
  Object.entries(ours)
    .filter(([key, value]) => theirs[key] !== value)
    .map(([key, value]) => differenceLine({ kind, name, arg: key, ours: `'${value}'`, theirs: `'${theirs[key]}'` }));

export const differenceLine = (found: Readonly<Record<'kind' | 'name' | 'arg' | 'ours' | 'theirs', string>>): string =>
  `${found.kind} ${found.name} was declared before with another ${found.arg}: here ${found.ours}, in the broker ${found.theirs}.`;
