import { z } from 'zod';
import { EXPECTED_MOMENT, toMoment } from '../domain/moment.js';

/** The parameters of a query are texts. */

/** A parameter that `read` turns into its value; `undefined` is a wrong value. */
export const parameter = <T>(read: (text: string) => T | undefined, expected: string) =>
  z.string().transform((text, context): T => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });

export const wholeNumber = (lowest: number, highest: number) =>
  parameter((text) => {
    const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    return number >= lowest && number <= highest ? number : undefined;
  }, `expected a whole number from ${lowest} to ${highest}`);

export const momentParameter = parameter(toMoment, EXPECTED_MOMENT);

export const trueOrFalse = parameter((text) => ({ true: true, false: false })[text], 'expected true or false');
