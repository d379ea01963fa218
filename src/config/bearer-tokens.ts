import { z } from 'zod';

/** Tokens that an `Authorization` header can hold. The messages hold no part of a token. */

const visible = /^[\x21-\x7e]*$/;

export const bearer = (shortest: number) =>
  z
    .string()
    .min(shortest, `is shorter than ${shortest} characters`)
    .regex(visible, 'may have no spaces, and only ASCII characters that can be seen');

/** One or more tokens, separated by spaces. */
export const bearers = (shortest: number) =>
  z.string().transform((text, context) => {
    const tokens = text.split(/\s+/).filter(Boolean);
    const say = (message: string) => context.addIssue({ code: 'custom', message });
    if (!tokens.every((token) => visible.test(token))) say('may have only ASCII characters that can be seen');
    else if (tokens.some(({ length }) => length < shortest)) say(`is shorter than ${shortest} characters`);
    else return tokens;
    return z.NEVER;
  });
