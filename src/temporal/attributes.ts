import type { Client } from '@temporalio/client';
import { searchAttributes } from '../../workflows/search-attributes.js';
import { NotSetUp } from '../domain/errors.js';
import { call } from './client.js';
import { answerOrRefusal } from './refusals.js';

type Attribute = (typeof searchAttributes)[number];

/** `temporal.api.enums.v1.IndexedValueType` */
export const indexedTypes = { KEYWORD: 2, INT: 3 } as const satisfies Record<Attribute['type'], number>;

/** @returns a line for each search attribute that this version needs and that is missing in the namespace */
export async function missingAttributes(client: Client): Promise<string[]> {
  const known = await customAttributes(client);
  if (known === undefined) return (await unknownToQueries(client)).map(({ name }) => `no search attribute ${name}`);
  return searchAttributes.flatMap(({ name, type }) => {
    const wanted = indexedTypes[type];
    if (known[name] === wanted) return [];
    return known[name] === undefined
      ? [`no search attribute ${name}`]
      : [`the search attribute ${name} is not of the type ${type}: it must be removed by hand first`];
  });
}

/** @returns the missing search attributes that can be added */
export async function unknownAttributes(client: Client): Promise<Attribute[]> {
  const known = await customAttributes(client);
  if (known === undefined) return await unknownToQueries(client);
  return searchAttributes.filter(({ name }) => known[name] === undefined);
}

/** @returns the namespace's attributes by name, or `undefined` when only operators may list them */
async function customAttributes(client: Client): Promise<Readonly<Record<string, number>> | undefined> {
  const { namespace } = client.options;
  const listed = await answerOrRefusal(client, ({ connection }) =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  return typeof listed === 'number' ? undefined : listed.customAttributes;
}

/** An account that may start workflows may also count them, and Temporal refuses a count by a missing attribute. */
async function unknownToQueries(client: Client): Promise<Attribute[]> {
  const unknown: Attribute[] = [];
  for (const attribute of searchAttributes) {
    try {
      await call(client, ({ workflow }) => workflow.count(`${attribute.name} IS NULL`));
    } catch (error) {
      if (!(error instanceof NotSetUp)) throw error;
      unknown.push(attribute);
    }
  }
  return unknown;
}
