import { EXPECTED_EVENTS, fits, isPattern, toPatterns } from '../domain/endpoint.js';
import { EVENT_TYPES } from '../domain/event.js';
import { MOST_IDS } from '../domain/event-filters.js';
import { EXPECTED_UNTIL, isBackwards } from '../domain/order-filters.js';
import { isOrderId, orderIdFrom } from '../domain/order-id.js';
import { moment } from './extend-route.js';
import { momentParameter, parameter, trueOrFalse, wholeNumber } from './query-parameters.js';
import { z } from './zod.js';

/** The shapes of the operators' routes for events, for validation and for their `/openapi.json`. */

const typesOf = (patterns: readonly string[]) => EVENT_TYPES.filter((type) => fits(patterns, type));

const id = (expected: string) =>
  z
    .string({ error: expected })
    .transform((text, context) => {
      if (isOrderId(text)) return orderIdFrom(text);
      context.addIssue({ code: 'custom', message: expected });
      return z.NEVER;
    })
    .openapi({ type: 'string', format: 'uuid' });
const orderId = id('expected the id of an order');
const endpointId = id('expected the id of an endpoint');

const forwards = { message: EXPECTED_UNTIL, path: ['until'] };
const LONGEST_PAGE = 200;
const time = { type: 'string', format: 'date-time' } as const;

/** The parameters of `GET /events`. */
export const eventListQuery = z
  .strictObject({
    type: parameter(toPatterns, EXPECTED_EVENTS).transform(typesOf).optional().openapi({
      type: 'string',
      description: 'types and families, separated by commas',
      example: 'order.paid,refund.*',
    }),
    order: orderId.optional().openapi({ description: 'only those of this order' }),
    since: momentParameter.optional().openapi({ ...time, description: 'happened then or later' }),
    until: momentParameter.optional().openapi({ ...time, description: 'happened before' }),
    endpoint: endpointId.optional().openapi({ description: 'only those for this endpoint' }),
    undelivered: trueOrFalse.optional().openapi({
      type: 'boolean',
      description: 'true: only those that the endpoint has not taken; without `endpoint`, those that RabbitMQ lacks',
    }),
    before: wholeNumber(1, Number.MAX_SAFE_INTEGER)
      .optional()
      .openapi({ type: 'integer', description: '`next` of the page before' }),
    limit: wholeNumber(1, LONGEST_PAGE)
      .default(50)
      .openapi({ type: 'integer', minimum: 1, maximum: LONGEST_PAGE, description: 'the most events of a page' }),
  })
  .refine((query) => !isBackwards(query), forwards);

const EXPECTED_AFTER = 'expected next of the answer before';
const EXPECTED_ID = 'expected the id of an event, as GET /events has it';

export const replayBody = z
  .strictObject(
    {
      ids: z
        .array(z.string({ error: EXPECTED_ID }).regex(/^[\w-]{1,36}$/, { error: EXPECTED_ID }), {
          error: 'expected a list of ids of events',
        })
        .min(1, { error: 'expected at least one id' })
        .max(MOST_IDS, { error: `expected at most ${MOST_IDS} ids` })
        .optional()
        .openapi({ description: 'these events; else those that fit all of the filters, one at least' }),
      type: z
        .array(z.string({ error: EXPECTED_EVENTS }).refine(isPattern, { error: EXPECTED_EVENTS }), {
          error: 'expected a list of types of events',
        })
        .min(1, { error: 'expected at least one type' })
        .transform(typesOf)
        .optional()
        .openapi({ type: 'array', items: { type: 'string' }, description: 'types and families', example: ['order.*'] }),
      order: orderId.optional().openapi({ description: 'only those of this order' }),
      since: moment.optional().openapi({ description: 'happened then or later' }),
      until: moment.optional().openapi({ description: 'happened before' }),
      undelivered: z
        .literal(true, { error: 'expected true, or no such field' })
        .optional()
        .openapi({ description: 'only those that the endpoint has not taken' }),
      endpoint: endpointId.optional().openapi({ description: 'send them to this endpoint' }),
      rabbitmq: z
        .literal(true, { error: 'expected true, or no such field' })
        .optional()
        .openapi({ description: 'send them to RabbitMQ; either this or `endpoint`' }),
      after: z
        .int({ error: EXPECTED_AFTER })
        .min(1, { error: EXPECTED_AFTER })
        .optional()
        .openapi({ description: 'of a selection: `next` of the answer before, which sends the rest' }),
      dryRun: z
        .boolean({ error: 'expected true or false' })
        .optional()
        .openapi({ description: 'true: counts them, and changes nothing' }),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'expected an object with endpoint or rabbitmq' : undefined) },
  )
  .superRefine((body, context) => {
    const say = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    const { ids, endpoint, rabbitmq, after, dryRun: _, ...filters } = body;
    if (isBackwards(filters)) say('until', EXPECTED_UNTIL);
    if ((endpoint === undefined) === (rabbitmq === undefined)) say('endpoint', 'expected either endpoint or rabbitmq');
    const isSelected = Object.values(filters).some((filter) => filter !== undefined);
    if ((ids === undefined) !== isSelected)
      say('ids', 'expected ids, or a selection: type, order, since, until or undelivered');
    if (after !== undefined && ids !== undefined) say('after', 'expected no such field beside ids');
  })
  .openapi('ReplayRequest');

const eventAnswer = z
  .object({
    eventId: z.string(),
    type: z.enum(EVENT_TYPES),
    subject: z.string().openapi({ description: "the order's id; the SKU; the id of a payment without an order" }),
    sequence: z.int().nullable().openapi({ description: 'counts the events of an order from 1' }),
    occurredAt: z.iso.datetime(),
    deliveredAt: z.iso.datetime().nullable().openapi({ description: 'when RabbitMQ has confirmed it' }),
    delivery: z
      .object({
        state: z.string().openapi({ description: 'waiting, delivered, failed or skipped' }),
        attempts: z.int(),
        lastFailure: z.string().nullable(),
      })
      .nullable()
      .openapi({ description: 'to the endpoint of the query; null without one' }),
    position: z.int(),
  })
  .openapi('Event');

export const eventListAnswer = z
  .object({
    events: z.array(eventAnswer),
    next: z.int().nullable().openapi({ description: '`before` of the next page; null on the last page' }),
  })
  .openapi('EventList');

export const replayAnswer = z
  .object({
    dryRun: z.boolean(),
    replayed: z.int().openapi({ description: 'how many are sent again; of a dry run, would be' }),
    to: z.string().openapi({ description: 'the id of the endpoint, or `rabbitmq`' }),
    next: z
      .int()
      .nullable()
      .openapi({ description: '`after` of the request that sends the rest; null when there is none' }),
  })
  .openapi('Replay');
