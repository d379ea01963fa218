import ms, { type StringValue } from 'ms';
import { z } from 'zod';

/** The kinds of values that variables have; each says what is wrong with a text, without repeating a secret. */

const webhookSecret = /^whsec_[A-Za-z0-9+/]+={0,2}$/;

export const duration = z.string().transform((text, context) => {
  const value = ms(text as StringValue);
  if (typeof value === 'number' && value > 0 && Number.isSafeInteger(value)) return value;
  context.addIssue({ code: 'custom', message: `"${text}" is not a positive duration` });
  return z.NEVER;
});

export const url = (...protocols: string[]) =>
  z.string().refine(
    (text) => {
      const parsed = URL.canParse(text) ? new URL(text) : undefined;
      return parsed !== undefined && protocols.includes(parsed.protocol.slice(0, -1));
    },
    { message: `is not a URL that starts with ${protocols.map((p) => `${p}://`).join(' or ')}` },
  );

export const count = (lowest: number, highest = Number.MAX_SAFE_INTEGER) =>
  z.coerce
    .number({ message: 'is not a number' })
    .int('is not a whole number')
    .min(lowest, `is below ${lowest}`)
    .max(highest, `is above ${highest}`);

export const port = count(0, 65_535);

/** `true` would let anyone name their own address. */
export const trustProxy = z.string().transform((text, context) => {
  if (text === 'false') return false as const;
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const list = text.split(/[\s,]+/).filter(Boolean);
  const named = ['loopback', 'linklocal', 'uniquelocal'];
  if (list.every((one) => named.includes(one) || /^[\da-f.:]+(\/\d{1,3})?$/i.test(one))) return list;
  context.addIssue({ code: 'custom', message: 'is not a number of proxies, nor a list of their addresses' });
  return z.NEVER;
});

export const secrets = z.string().transform((text, context) => {
  const list = text.split(/\s+/).filter(Boolean);
  const wrong = list.some((secret) => !webhookSecret.test(secret));
  if (list.length > 0 && !wrong) return list;
  context.addIssue({
    code: 'custom',
    message: 'must be one or more secrets of the form whsec_<base64>, separated by spaces',
  });
  return z.NEVER;
});
