import type { OpenAPIRegistry, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { ENDPOINT_ID, endpointExample as example, secretExample as secret } from './endpoint-example.js';
import { endpointProblems } from './endpoint-problems.js';
import {
  endpointAnswer,
  endpointTestAnswer,
  pauseBody,
  resumeBody,
  rotatedEndpointAnswer,
} from './endpoint-schemas.js';
import { answersOf } from './openapi-parts.js';
import { operatorProblems } from './problem-examples.js';
import { z } from './zod.js';

const one = '/endpoints/{endpointId}';

const paused = {
  ...example,
  state: 'paused',
  pausedReason: 'by ada: moves to another host',
  pausedAt: '2026-03-02T08:00:00.000Z',
};

const json = (schema: z.ZodType, shown: object) => ({ 'application/json': { schema, example: shown } });
const params = z.object({ endpointId: z.uuid().openapi({ example: ENDPOINT_ID }) });

/** The routes of `endpoint-routes.ts` that change one endpoint, or try it. */
export function describeEndpointChanges(
  registry: OpenAPIRegistry,
  shared: Pick<RouteConfig, 'security' | 'tags'>,
): void {
  const of = (problems: keyof typeof endpointProblems, path: string) =>
    answersOf(operatorProblems(endpointProblems[problems]), path);

  registry.registerPath({
    ...shared,
    method: 'post',
    path: `${one}/pause`,
    operationId: 'pauseEndpoint',
    summary: 'Send nothing for now; the events wait',
    request: {
      params,
      body: { required: false, content: json(pauseBody, { reason: 'moves to another host', by: 'ada' }) },
    },
    responses: {
      200: { description: 'The endpoint', content: json(endpointAnswer, paused) },
      ...of('pause', `${one}/pause`),
    },
  });
  registry.registerPath({
    ...shared,
    method: 'post',
    path: `${one}/resume`,
    operationId: 'resumeEndpoint',
    summary: 'Send again, first what was missed, in its order',
    request: { params, body: { required: false, content: json(resumeBody, { skipMissed: false }) } },
    responses: {
      200: { description: 'The endpoint', content: json(endpointAnswer, example) },
      ...of('resume', `${one}/resume`),
    },
  });
  registry.registerPath({
    ...shared,
    method: 'post',
    path: `${one}/rotate`,
    operationId: 'rotateEndpointKey',
    summary: 'Make a new key; the old one signs too for a day',
    request: { params },
    responses: {
      200: {
        description: 'The endpoint, with its new secret, which no other answer has',
        content: json(rotatedEndpointAnswer, { ...example, secret, oldUntil: '2026-03-02T10:00:00.000Z' }),
      },
      ...of('rotate', `${one}/rotate`),
    },
  });
  registry.registerPath({
    ...shared,
    method: 'post',
    path: `${one}/test`,
    operationId: 'testEndpoint',
    summary: 'Send a signed request of the type endpoint.test',
    request: { params },
    responses: {
      200: {
        description: 'What became of it',
        content: json(endpointTestAnswer, { taken: true, status: 200, reason: null }),
      },
      ...of('one', `${one}/test`),
    },
  });
}
