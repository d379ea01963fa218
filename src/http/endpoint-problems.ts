import { validate } from './body.js';
import { addRefusal, noSuchEndpoint, tooManyKeys } from './endpoint-routes.js';
import { endpointBody, pauseBody, resumeBody } from './endpoint-schemas.js';
import { checkoutProblems, orderProblems, type Problems, problemOf } from './problem-examples.js';

/** The problems of the routes for endpoints, made by the code that answers with them. */

const { 404: _, ...anywhere } = orderProblems;
const unknown = { ...anywhere, 404: [noSuchEndpoint()] };
const ofBody = {
  400: (checkoutProblems[400] ?? []).filter(({ code }) => code === 'not-json'),
  413: checkoutProblems[413] ?? [],
};

/** By what the route does. */
export const endpointProblems = {
  list: anywhere,
  add: {
    ...anywhere,
    ...ofBody,
    409: [addRefusal({ kind: 'url-used', endpointId: '01a2f0de-91c0-7d11-a2f5-0c4d1be55e20' })],
    422: [
      problemOf(() => validate(endpointBody, { url: 'https://shop.example.com', events: ['order.sent'] })),
      addRefusal({ kind: 'url-refused', problem: 'expected a URL that begins with https://' }),
    ],
  },
  one: unknown,
  pause: { ...unknown, ...ofBody, 422: [problemOf(() => validate(pauseBody, { reason: '' }))] },
  resume: { ...unknown, ...ofBody, 422: [problemOf(() => validate(resumeBody, { skipMissed: 'yes' }))] },
  rotate: { ...unknown, 409: [tooManyKeys(4)] },
} as const satisfies Record<string, Problems>;
