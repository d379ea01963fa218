import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { ENDPOINT_ID, endpointExample as example, secretExample as secret } from './endpoint-example.js';
import { endpointProblems } from './endpoint-problems.js';
import {
  addedEndpointAnswer,
  dryEndpointAnswer,
  endpointAnswer,
  endpointBody,
  endpointListAnswer,
} from './endpoint-schemas.js';
import { describeEndpointChanges } from './openapi-endpoint-changes.js';
import { answersOf } from './openapi-parts.js';
import { operatorProblems } from './problem-examples.js';
import { z } from './zod.js';

const json = (schema: z.ZodType, shown: object) => ({ 'application/json': { schema, example: shown } });
const params = z.object({ endpointId: z.uuid().openapi({ example: ENDPOINT_ID }) });

/** The routes of `endpoint-routes.ts`. @param security the operators' token */
export function describeEndpoints(registry: OpenAPIRegistry, security: Record<string, string[]>[]): void {
  const shared = { tags: ['Endpoints'], security };
  const all = '/endpoints';
  const one = '/endpoints/{endpointId}';
  const of = (problems: keyof typeof endpointProblems, path: string) =>
    answersOf(operatorProblems(endpointProblems[problems]), path);

  registry.registerPath({
    ...shared,
    method: 'get',
    path: all,
    operationId: 'listEndpoints',
    summary: 'Who gets the events by HTTP',
    responses: {
      200: {
        description: 'All endpoints, the oldest first',
        content: json(endpointListAnswer, { endpoints: [example] }),
      },
      ...of('list', all),
    },
  });
  registry.registerPath({
    ...shared,
    method: 'post',
    path: all,
    operationId: 'addEndpoint',
    summary: 'Send events to an address from now on',
    description: `Each event is a POST, signed as [Standard Webhooks](https://www.standardwebhooks.com). An address inside
of the own network is refused, unless \`ENDPOINTS_ALLOW_PRIVATE\` allows it.`,
    request: { body: { required: true, content: json(endpointBody, { url: example.url, events: example.events }) } },
    responses: {
      200: {
        description: 'Of a dry run: what would be added',
        content: json(dryEndpointAnswer, {
          dryRun: true,
          url: example.url,
          events: example.events,
          signature: 'v1',
          by: 'ada',
        }),
      },
      201: {
        description: 'The endpoint, with its secret, which no other answer has',
        headers: z.object({ Location: z.string().openapi({ example: `/endpoints/${ENDPOINT_ID}` }) }),
        content: json(addedEndpointAnswer, { ...example, lastSuccessAt: null, secret }),
      },
      ...of('add', all),
    },
  });
  registry.registerPath({
    ...shared,
    method: 'get',
    path: one,
    operationId: 'readEndpoint',
    summary: 'An endpoint',
    request: { params },
    responses: { 200: { description: 'The endpoint', content: json(endpointAnswer, example) }, ...of('one', one) },
  });
  registry.registerPath({
    ...shared,
    method: 'delete',
    path: one,
    operationId: 'removeEndpoint',
    summary: 'Send nothing any more, and forget the endpoint with its keys',
    request: { params },
    responses: { 204: { description: 'The endpoint is removed' }, ...of('one', one) },
  });
  describeEndpointChanges(registry, shared);
}
