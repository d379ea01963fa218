import { readFileSync } from 'node:fs';

interface ServerAddress {
  readonly uri: string;
  readonly ssl?: { readonly ca?: string; readonly rejectUnauthorized: true; readonly verifyIdentity: true };
}

/**
 * The driver's options for a `mysql://` address. `ssl-ca` (a file) or `ssl-mode=VERIFY_IDENTITY` (the machine's own
 * authorities) turns on TLS, as in MySQL's own addresses. The certificate and the server's name are then always
 * verified: the driver by default verifies the certificate only.
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
