import { readFileSync } from 'node:fs';

interface ServerAddress {
  readonly uri: string;
  readonly ssl?: { readonly ca?: string; readonly rejectUnauthorized: true; readonly verifyIdentity: true };
}

/**
 * What the driver needs of a `mysql://` address. `ssl-ca` (a file) or `ssl-mode=VERIFY_IDENTITY` (the machine's own
 * authorities) asks for TLS, as in MySQL's own addresses; the certificate and its name are then always verified, which
 * the driver by itself would do for the certificate alone.
 */
export function serverAddress(url: string): ServerAddress {
  const uri = new URL(url);
  const ca = uri.searchParams.get('ssl-ca');
  const mode = uri.searchParams.get('ssl-mode');
  for (const name of ['ssl-ca', 'ssl-mode']) uri.searchParams.delete(name);
  if (ca === null && mode === null) return { uri: uri.href };
  return {
    uri: uri.href,
    ssl: { rejectUnauthorized: true, verifyIdentity: true, ...(ca !== null && { ca: readFileSync(ca, 'utf8') }) },
  };
}
