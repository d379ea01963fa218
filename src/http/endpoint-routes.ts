import type { Request, Response } from 'express';
import type { AddResult, AskedEndpoint, Endpoint, RotateResult, TestResult } from '../domain/endpoint.js';
import { isOrderId, orderIdFrom } from '../domain/order-id.js';
import { readJson, validate } from './body.js';
import { endpointBody, pauseBody, resumeBody } from './endpoint-schemas.js';
import { invalid, notFound, Problem } from './problem.js';
import type { z } from './zod.js';

/** What the routes for endpoints do; each `undefined` and `false` is an unknown endpoint. */
export interface EndpointDeps {
  readonly endpoints: {
    readonly list: () => Promise<readonly Endpoint[]>;
    readonly find: (endpointId: string) => Promise<Endpoint | undefined>;
    readonly add: (asked: AskedEndpoint) => Promise<AddResult>;
    /** What stands in the way of an `add`. Changes nothing. */
    readonly checkAdd: (
      asked: Pick<AskedEndpoint, 'url'>,
    ) => Promise<Exclude<AddResult, { kind: 'added' }> | undefined>;
    readonly pause: (endpointId: string, reason: string) => Promise<Endpoint | undefined>;
    readonly resume: (endpointId: string, options: { readonly skipMissed: boolean }) => Promise<Endpoint | undefined>;
    readonly remove: (endpointId: string) => Promise<boolean>;
    readonly rotate: (endpointId: string) => Promise<RotateResult>;
    readonly test: (endpointId: string) => Promise<TestResult | undefined>;
  };
}

/** The operators share one token, so the route does not know the person. */
const SOMEBODY = 'operator';

/** `GET /endpoints` */
export function listEndpointsRoute({ endpoints }: EndpointDeps) {
  return async (_request: Request, response: Response): Promise<void> => {
    response.json({ endpoints: await endpoints.list() });
  };
}

/** `POST /endpoints`: the answer alone has the secret. A dry run adds nothing, and is refused as the request would be. */
export function addEndpointRoute({ endpoints }: EndpointDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const { events = ['*'], signature = 'v1', by = SOMEBODY, ...rest } = validate(endpointBody, readJson(request.body));
    const { url, dryRun = false } = rest;
    const asked = { url, events: [...new Set(events)], signature, by };
    if (dryRun) {
      const refusal = await endpoints.checkAdd(asked);
      if (refusal !== undefined) throw addRefusal(refusal);
      response.json({ dryRun, ...asked });
      return;
    }
    const result = await endpoints.add(asked);
    if (result.kind !== 'added') throw addRefusal(result);
    const { endpoint, secret } = result;
    response
      .location(`/endpoints/${endpoint.endpointId}`)
      .status(201)
      .json({ ...endpoint, secret });
  };
}

/** `GET /endpoints/:endpointId` */
export function readEndpointRoute({ endpoints }: EndpointDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    response.json(known(await endpoints.find(idOf(request))));
  };
}

/** `DELETE /endpoints/:endpointId` */
export function removeEndpointRoute({ endpoints }: EndpointDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    if (!(await endpoints.remove(idOf(request)))) throw noSuchEndpoint();
    response.status(204).end();
  };
}

/** `POST /endpoints/:endpointId/pause` */
export function pauseEndpointRoute({ endpoints }: EndpointDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const { reason, by = SOMEBODY } = bodyOrNone(pauseBody, request);
    const why = reason === undefined ? `by ${by}` : `by ${by}: ${reason}`;
    response.json(known(await endpoints.pause(idOf(request), why)));
  };
}

/** `POST /endpoints/:endpointId/resume` */
export function resumeEndpointRoute({ endpoints }: EndpointDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const { skipMissed = false } = bodyOrNone(resumeBody, request);
    response.json(known(await endpoints.resume(idOf(request), { skipMissed })));
  };
}

/** `POST /endpoints/:endpointId/rotate`: the answer alone has the secret. */
export function rotateEndpointRoute({ endpoints }: EndpointDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    const result = await endpoints.rotate(idOf(request));
    if (result.kind === 'unknown') throw noSuchEndpoint();
    if (result.kind === 'too-many') throw tooManyKeys(result.keys);
    response.json({ ...result.endpoint, secret: result.secret, oldUntil: result.oldUntil });
  };
}

/** `POST /endpoints/:endpointId/test` */
export function testEndpointRoute({ endpoints }: EndpointDeps) {
  return async (request: Request, response: Response): Promise<void> => {
    response.json(known(await endpoints.test(idOf(request))));
  };
}

/** A request without a body is one without fields. */
const bodyOrNone = <T>(schema: z.ZodType<T>, { body }: Request): T =>
  validate(schema, body instanceof Uint8Array && body.length > 0 ? readJson(body) : {});

/** @throws {Problem} 404 for a text that is no id, because the text names no endpoint */
function idOf(request: Request): string {
  const id = String(request.params.endpointId);
  if (!isOrderId(id)) throw noSuchEndpoint();
  return orderIdFrom(id);
}

function known<T>(found: T | undefined): T {
  if (found === undefined) throw noSuchEndpoint();
  return found;
}

export const noSuchEndpoint = (): Problem => notFound('There is no such endpoint.');

export function addRefusal(result: Exclude<AddResult, { kind: 'added' }>): Problem {
  if (result.kind === 'url-refused') {
    return invalid([{ field: 'url', pointer: '/url', detail: result.problem }]);
  }
  return new Problem(
    409,
    'endpoint-exists',
    'Address has an endpoint',
    `This address has the endpoint ${result.endpointId} already.`,
    { endpointId: result.endpointId },
  );
}

export const tooManyKeys = (keys: number): Problem =>
  new Problem(409, 'too-many-keys', 'Rotated too often', `${keys} keys sign already, each for a day.`, { limit: keys });
