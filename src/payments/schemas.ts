import { z } from 'zod';
import { orderIdFrom } from '../domain/order-id.js';

/** The fields that events of all providers have. The greatest lengths are from the database's columns. */

export const visible = (longest: number) =>
  z
    .string({ error: `expected 1 to ${longest} visible characters` })
    .regex(new RegExp(`^[\\x21-\\x7e]{1,${longest}}$`), {
      error: `expected 1 to ${longest} visible characters`,
    });

export const eventId = visible(255);
/** Shorter than its column of 255: an id that another provider has used is stored with the provider's name in front. */
export const paymentId = visible(200);
export const orderId = visible(64).overwrite(orderIdFrom);

const wholeAmount = 'expected a whole number of minor units';
export const amount = z.int({ error: wholeAmount }).min(0, { error: wholeAmount });

const EXPECTED_CODE = 'expected a code of ISO 4217, such as EUR';
export const currencyCode = z.string({ error: EXPECTED_CODE }).regex(/^[A-Z]{3}$/, { error: EXPECTED_CODE });

export const eventType = z.object(
  { type: z.string({ error: 'expected the type of the event as text' }) },
  { error: 'expected an object with a type' },
);

export const jsonSchema = (schema: z.ZodType): object => z.toJSONSchema(schema, { io: 'input' });
