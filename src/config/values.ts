import { isIP } from 'node:net';
import ms, { type StringValue } from 'ms';
import { z } from 'zod';
import { DEVELOPMENT_MARK, isDevelopmentSecret } from './development-secret.js';

/** The schemas of the variables' values. Their messages say what is wrong and hold no secret. */

/** Well below the 100 characters at which `ms` throws. */
const LONGEST_TEXT = 50;
/** A longer duration is a mistake, and its deadline could be after the last valid date. */
const LONGEST_MS = 366 * 24 * 60 * 60 * 1000;

const durationFrom = (lowestMs: 0 | 1) =>
  z.string().transform((text, context) => {
    const say = (problem: string) => context.addIssue({ code: 'custom', message: `${given} ${problem}` });
    const given = JSON.stringify(text.slice(0, LONGEST_TEXT));
    // `ms` takes 30 as milliseconds, and the operator may mean seconds or minutes.
    if (/^[-+]?[\d.]+$/.test(text)) {
      say('has no unit, such as seconds, minutes or hours');
      return z.NEVER;
    }
    const value = text.length > LONGEST_TEXT ? Number.NaN : ms(text as StringValue);
    if (Number.isSafeInteger(value) && value >= lowestMs && value <= LONGEST_MS) return value;
    say(`is not a ${lowestMs === 0 ? '' : 'positive '}duration of a year at most`);
    return z.NEVER;
  });

export const duration = durationFrom(1);
/** Also `0 seconds`. */
export const durationOrNone = durationFrom(0);
/** Also `0 seconds`, and not longer than `longest`. */
export const durationUpTo = (longest: StringValue) =>
  durationOrNone.refine((value) => value <= ms(longest), { message: `is longer than ${longest}` });

export const url = (...protocols: string[]) =>
  z.string().refine(
    (text) => {
      const parsed = URL.canParse(text) ? new URL(text) : undefined;
      if (parsed === undefined || !protocols.includes(parsed.protocol.slice(0, -1))) return false;
      return parsed.hostname !== '' && [parsed.username, parsed.password].every(isDecodable);
    },
    { message: `is not a URL with a host that starts with ${protocols.map((p) => `${p}://`).join(' or ')}` },
  );

/** An address for `fetch`, which refuses an address with a user or a password. */
export const callable = url('http', 'https').refine(
  (text) => !URL.canParse(text) || `${new URL(text).username}${new URL(text).password}` === '',
  { message: 'has a login in it, which no request can carry' },
);

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export const hostAndPort = z.string().refine(
  (text) => {
    const [, at] = /^[^\s/:]+:(\d{1,5})$/.exec(text) ?? [];
    return Number(at) >= 1 && Number(at) <= 65_535;
  },
  { message: 'is not host:port' },
);

export const count = (lowest: number, highest = Number.MAX_SAFE_INTEGER) =>
  z.coerce
    .number({ message: 'is not a number' })
    .int('is not a whole number')
    .min(lowest, `is below ${lowest}`)
    .max(highest, `is above ${highest}`);

export const port = count(0, 65_535);

/** `true` is refused: with it any client could choose the address that is limited and logged. */
export const trustProxy = z.string().transform((text, context) => {
  if (text === 'false') return false as const;
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const list = text.split(/[\s,]+/).filter(Boolean);
  const named = ['loopback', 'linklocal', 'uniquelocal'];
  if (list.length > 0 && list.every((proxy) => named.includes(proxy) || isNetwork(proxy))) return list;
  context.addIssue({ code: 'custom', message: 'is not a number of proxies, nor a list of their addresses' });
  return z.NEVER;
});

function isNetwork(text: string): boolean {
  const [address = '', bits, ...others] = text.split('/');
  const version = isIP(address);
  if (version === 0 || others.length > 0) return false;
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

const listOf = (secret: RegExp, form: string) =>
  z.string().transform((text, context) => {
    const list = text.split(/\s+/).filter(Boolean);
    if (list.length > 0 && list.every((entry) => secret.test(entry))) return list;
    context.addIssue({
      code: 'custom',
      message: `must be one or more secrets of the form ${form}, separated by spaces`,
    });
    return z.NEVER;
  });

export const secrets = listOf(/^whsec_[A-Za-z0-9+/]+={0,2}$/, 'whsec_<letters and digits>');

/** Standard Webhooks signs with the decoded bytes. The base64 must have its padding. */
export const base64Secrets = listOf(
  /^whsec_(?=.)([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  'whsec_<base64>',
);

/** A list of known names, separated by commas or spaces. */
export const namesOf = <N extends string>(known: readonly N[]) =>
  z.string().transform((text, context): readonly N[] => {
    const names = text.split(/[\s,]+/).filter(Boolean);
    const unknown = names.filter((name) => !known.includes(name as N));
    if (unknown.length === 0) return names as N[];
    context.addIssue({ code: 'custom', message: `names ${unknown.join(', ')}, which is none of ${known.join(', ')}` });
    return z.NEVER;
  });

/** A single secret that a shop in production refuses. */
export const developmentSecret = base64Secrets
  .transform(([secret = '']) => secret)
  .refine(isDevelopmentSecret, { message: `is none for development: its bytes do not begin with ${DEVELOPMENT_MARK}` });

export const flag = z
  .enum(['true', 'false'], { error: 'is neither true nor false' })
  .transform((text) => text === 'true');

/** The other names of the topology: these queues and exchanges have other consumers, or none. */
const taken = ['order_create_dlq', 'order_delay_queue', 'order_cancel_queue', 'order.create', 'order.cancel'];

export const orderQueue = z
  .string()
  .regex(/^[\w.:-]{1,127}$/, 'is not a name of 1 to 127 letters, digits or _ . : -')
  .refine((name) => !taken.includes(name) && !name.startsWith('amq.'), 'is the name of something else');
