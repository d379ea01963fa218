import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** All of IPv6 that is given to anyone on the internet; what lies outside is local, translated or not given yet. */
const GLOBAL_IPV6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * Whether an address is on the internet, and not inside of the own network: loopback, private, link-local (the metadata of
 * clouds are at 169.254.169.254), carrier-grade NAT, unique local, multicast, reserved, and each form of IPv6 that stands
 * for an address of IPv4 (mapped, translated, 6to4, Teredo).
 */
export function isPublic(address: string): boolean {
  // The library also takes short forms such as 127.1, which no look-up returns.
  if (isIP(address) === 0 || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6);
}

/** An address of an endpoint lies inside of the own network, and is not allowed. */
export class RefusedAddress extends Error {
  override name = 'RefusedAddress';
}

/**
 * Looks up a host once. The caller connects to these addresses and looks up nothing again, so that a name that changes
 * in between leads nowhere else.
 *
 * @param hostname as `URL` has it: an IPv6 address stands in brackets
 * @throws {RefusedAddress} where one of the addresses lies inside of the own network and this is not allowed
 */
export async function addressesOf(
  hostname: string,
  { allowPrivate }: { readonly allowPrivate: boolean },
): Promise<readonly Address[]> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const addresses = family === 0 ? await lookup(host, { all: true }) : [{ address: host, family }];
  const refused = allowPrivate ? undefined : addresses.find(({ address }) => !isPublic(address));
  if (refused !== undefined) {
    const is = refused.address === host ? host : `${host} is ${refused.address}, which`;
    throw new RefusedAddress(`${is} lies inside of the own network: ENDPOINTS_ALLOW_PRIVATE=true allows it`);
  }
  return addresses;
}
