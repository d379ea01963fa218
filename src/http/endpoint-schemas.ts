import { EXPECTED_EVENTS, isPattern, SIGNATURES } from '../domain/endpoint.js';
import { text } from './stock-schemas.js';
import { z } from './zod.js';

/** The shapes of the operators' routes for endpoints, for validation and for their `/openapi.json`. */

const object = (expected: string) => ({
  error: (issue: { readonly code?: string | undefined }) => (issue.code === 'invalid_type' ? expected : undefined),
});

const MOST_EVENTS = 20;

export const endpointBody = z
  .strictObject(
    {
      url: z
        .string({ error: 'expected a URL as text' })
        .max(2_000, { error: 'expected at most 2000 characters' })
        .openapi({ description: 'begins with https://', example: 'https://shop.example.com/events' }),
      events: z
        .array(
          z.string({ error: EXPECTED_EVENTS }).refine((pattern) => isPattern(pattern), { error: EXPECTED_EVENTS }),
          { error: 'expected a list of types of events' },
        )
        .min(1, { error: 'expected at least one type' })
        .max(MOST_EVENTS, { error: `expected at most ${MOST_EVENTS} types` })
        .optional()
        .openapi({
          description: 'types, families such as `refund.*`, or `*`; all, if absent',
          example: ['order.paid'],
        }),
      signature: z
        .enum(SIGNATURES, { error: `expected one of ${SIGNATURES.join(', ')}` })
        .optional()
        .openapi({ description: 'v1 (a secret of both sides, the default) or v1a (a key whose public part verifies)' }),
      by: text(100).optional().openapi({ description: 'who adds it', example: 'ada' }),
      dryRun: z
        .boolean({ error: 'expected true or false' })
        .optional()
        .openapi({ description: 'true: says what would be added, and adds nothing' }),
    },
    object('expected an object with url'),
  )
  .openapi('EndpointRequest');

export const pauseBody = z
  .strictObject({ reason: text(300).optional(), by: text(100).optional() }, object('expected an object with reason'))
  .openapi('PauseRequest');

export const resumeBody = z
  .strictObject(
    {
      skipMissed: z
        .boolean({ error: 'expected true or false' })
        .optional()
        .openapi({ description: 'true leaves out what was missed; a replay sends it later' }),
    },
    object('expected an object with skipMissed'),
  )
  .openapi('ResumeRequest');

const time = z.iso.datetime();

export const endpointAnswer = z
  .object({
    endpointId: z.uuid(),
    url: z.string(),
    events: z.array(z.string()),
    signature: z.enum(SIGNATURES),
    publicKey: z.string().nullable().openapi({ description: 'of v1a: `whpk_…`, what receivers verify with' }),
    state: z.enum(['active', 'paused']),
    pausedReason: z.string().nullable(),
    pausedAt: time.nullable(),
    failingSince: time.nullable().openapi({ description: 'since when it has taken nothing' }),
    lastFailure: z.string().nullable(),
    lastSuccessAt: time.nullable(),
    createdAt: time,
    waiting: z.int().openapi({ description: 'events that wait for it; a larger number is counted as 100000' }),
  })
  .openapi('Endpoint');

const secret = z
  .string()
  .nullable()
  .openapi({ description: 'of v1: `whsec_…`, shown only in this answer; null for v1a' });

export const addedEndpointAnswer = z.object({ ...endpointAnswer.shape, secret }).openapi('AddedEndpoint');

export const dryEndpointAnswer = z
  .object({
    dryRun: z.literal(true),
    url: z.string(),
    events: z.array(z.string()),
    signature: z.enum(SIGNATURES),
    by: z.string(),
  })
  .openapi('EndpointDryRun');

export const rotatedEndpointAnswer = z
  .object({
    ...endpointAnswer.shape,
    secret,
    oldUntil: time.openapi({ description: 'until then the old key signs too' }),
  })
  .openapi('RotatedEndpoint');

export const endpointListAnswer = z.object({ endpoints: z.array(endpointAnswer) }).openapi('EndpointList');

export const endpointTestAnswer = z
  .object({
    taken: z.boolean(),
    status: z.int().nullable().openapi({ description: 'null when no answer came' }),
    reason: z.string().nullable().openapi({ description: 'why it was not taken' }),
  })
  .openapi('EndpointTest');
