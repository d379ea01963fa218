import { type HelpText, MYSQL } from './help-text.js';

const EVENT = '01985d30-51c7-7000-9f31-0d1c4f5b7a10';
const ENDPOINT = '01a2f0de-91c0-7d11-a2f5-0c4d1be55e20';
const reads = [...MYSQL, 'ENDPOINTS_ALLOW_PRIVATE', 'NODE_ENV'];
const unknown = 'there is no such endpoint';

/** Of the commands about the receivers of events. */
export const endpointsHelp: Readonly<Record<string, HelpText>> = {
  endpoints: {
    examples: ['endpoints list', 'endpoints add https://shop.example.com/events'],
    reads,
    fails: 'an endpoint is not there, or could not be changed',
  },
  'endpoints add': {
    examples: [
      'endpoints add https://shop.example.com/events',
      "endpoints add https://shop.example.com/events --events 'order.paid,refund.*' --signature v1a",
    ],
    reads,
    fails: 'the address is refused, or has an endpoint already: the reason is printed',
  },
  'endpoints list': { examples: ['endpoints list --json'], reads, fails: 'the database could not be read' },
  'endpoints pause': {
    examples: [`endpoints pause ${ENDPOINT} --reason 'moves to another host'`],
    reads,
    fails: unknown,
  },
  'endpoints resume': {
    examples: [`endpoints resume ${ENDPOINT}`, `endpoints resume ${ENDPOINT} --skip-missed`],
    reads,
    fails: unknown,
  },
  'endpoints remove': { examples: [`endpoints remove ${ENDPOINT} --dry-run`], reads, fails: unknown },
  'endpoints rotate': {
    examples: [`endpoints rotate ${ENDPOINT}`],
    reads,
    fails: 'there is no such endpoint, or too many secrets sign already',
  },
  events: { examples: ['events list --undelivered'], reads: MYSQL, fails: 'an event or an endpoint is not there' },
  'events list': {
    examples: ['events list --type order.paid', `events list --endpoint ${ENDPOINT} --undelivered`],
    reads: MYSQL,
    fails: 'the database could not be read',
  },
  'events replay': {
    examples: [
      `events replay ${EVENT} --endpoint ${ENDPOINT}`,
      `events replay --since 2026-03-01T10:00:00Z --endpoint ${ENDPOINT} --dry-run`,
    ],
    reads: MYSQL,
    fails: 'there is no such event or endpoint: nothing was replayed',
  },
  'endpoints test': {
    examples: [`endpoints test ${ENDPOINT}`],
    reads,
    fails: 'the endpoint did not take the request: the reason is printed',
  },
};
