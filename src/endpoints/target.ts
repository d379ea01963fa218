import { addressesOf, RefusedAddress } from './addresses.js';

/** The length of the column `endpoints.url`. */
const LONGEST_URL = 2_000;

const LOCAL = 'ENDPOINTS_ALLOW_PRIVATE=true allows it';

/** What the addresses of endpoints may be. */
export interface Allowed {
  /** Addresses inside of the own network, and `http:`. */
  readonly allowPrivate: boolean;
}

/** @returns the URL in its one form, or what is wrong with it */
export function toTarget(text: string, { allowPrivate }: Allowed): { readonly url: string } | { problem: string } {
  if (!URL.canParse(text)) return { problem: 'expected a URL such as https://shop.example.com/events' };
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { problem: 'expected a URL that begins with https://' };
  if (url.protocol === 'http:' && !allowPrivate) {
    return { problem: `expected a URL that begins with https://, not with http://: ${LOCAL}` };
  }
  if (url.username !== '' || url.password !== '') return { problem: 'expected a URL without a user and a password' };
  if (url.hash !== '') return { problem: 'expected a URL without a #' };
  if (url.href.length > LONGEST_URL) return { problem: `expected at most ${LONGEST_URL} characters` };
  return { url: url.href };
}

/**
 * Checks an address before an endpoint is stored. The name is looked up as well, and again at each delivery: a name that
 * does not resolve now may do so later.
 */
export async function checkedTarget(
  text: string,
  allowed: Allowed,
): Promise<{ readonly url: string } | { problem: string }> {
  const target = toTarget(text, allowed);
  if ('problem' in target) return target;
  try {
    await addressesOf(new URL(target.url).hostname, allowed);
  } catch (error) {
    if (error instanceof RefusedAddress) return { problem: error.message };
    if (!isNameError(error)) throw error;
  }
  return target;
}

const isNameError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;
