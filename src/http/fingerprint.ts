import { hash } from 'node:crypto';
import type { OrderExtras } from '../domain/order.js';

interface More extends OrderExtras {
  readonly paymentMethod: string | undefined;
}

/**
 * SHA-256 of what a checkout asks for.
 *
 * @param asked what every checkout has: such a checkout alone has the fingerprint that versions before the other fields
 *   gave it, so that a retry across an upgrade is recognised
 * @param more the other fields; the names of metadata have no order
 */
export function fingerprintOf(asked: readonly unknown[], { metadata, ...more }: More): Buffer {
  const texts = metadata && Object.entries(metadata).sort(([one], [other]) => (one < other ? -1 : 1));
  const named = Object.entries({ ...more, metadata: texts }).filter(([, value]) => value !== undefined);
  const whole = named.length === 0 ? asked : [...asked, Object.fromEntries(named)];
  return hash('sha256', JSON.stringify(whole), 'buffer');
}
