import { z } from 'zod';
import { duration } from './values.js';

/** How long stock is held, by the name of a payment method. */
export type PaymentWindows = ReadonlyMap<string, number>;

const FORM = 'card=30 minutes, transfer=7 days';
const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** `card=30 minutes, transfer=7 days`: a name of at most 32 characters and a duration for each payment method. */
export const paymentWindows = z.string().transform((text, context): PaymentWindows => {
  const windows = new Map<string, number>();
  for (const part of text.split(',')) {
    const [name = '', window = ''] = part.split(/=(.*)/s).map((side) => side.trim());
    const problem = problemOf(name, window, windows);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    else windows.set(name, duration.parse(window));
  }
  return windows;
});

function problemOf(name: string, window: string, before: PaymentWindows): string | undefined {
  const shown = JSON.stringify(name.slice(0, 40));
  if (!NAME.test(name)) return `has ${shown} where a name of 1 to 32 letters (a-z), digits, - or _ belongs`;
  if (before.has(name)) return `names ${shown} twice`;
  if (window === '') return `has for ${shown} a window that is missing`;
  const length = duration.safeParse(window);
  return length.success ? undefined : `has for ${shown} a window that is wrong: ${length.error.issues[0]?.message}`;
}

interface Windows {
  readonly PAYMENT_WINDOW?: unknown;
  readonly PAYMENT_WINDOWS?: unknown;
  readonly MAX_PAYMENT_WINDOW?: unknown;
}

/** The windows that are above the greatest one, for a process that reads both. */
export function aboveMaximum(
  values: Windows,
): { readonly name: 'PAYMENT_WINDOW' | 'PAYMENT_WINDOWS'; readonly problem: string; readonly example: string }[] {
  const { PAYMENT_WINDOW: usual, PAYMENT_WINDOWS: windows, MAX_PAYMENT_WINDOW: most } = values;
  if (typeof most !== 'number') return [];
  const above = windows instanceof Map ? [...windows].flatMap(([name, ms]) => (ms > most ? [name] : [])) : [];
  const is = 'above MAX_PAYMENT_WINDOW';
  return [
    ...(typeof usual === 'number' && usual > most
      ? [{ name: 'PAYMENT_WINDOW' as const, problem: `is ${is}`, example: '30 minutes' }]
      : []),
    ...(above.length > 0
      ? [{ name: 'PAYMENT_WINDOWS' as const, problem: `has for ${above.join(', ')} a window ${is}`, example: FORM }]
      : []),
  ];
}
