import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import type { z } from 'zod';

/**
 * Refuses an address that asks for TLS in a way that the driver would ignore, or would use without verifying the
 * server.
 *
 * @param protocol the protocol that TLS needs, such as `mysql:`
 * @param caParameter the parameter with the file of the authority to trust
 */
export const tlsOf = (protocol: string, caParameter: string) => (text: string, context: z.RefinementCtx) => {
  if (!URL.canParse(text)) return;
  const { protocol: given, hostname, searchParams } = new URL(text);
  const [ca, mode] = [searchParams.get(caParameter), searchParams.get('ssl-mode')];
  const say = (message: string) => context.addIssue({ code: 'custom', message });
  if (ca === null && mode === null) return;
  if (given !== protocol) say(`has ${caParameter} and is not ${protocol}//`);
  else if (ca !== null && !existsSync(ca)) say(`names a file in ${caParameter} that is not there`);
  else if (mode !== null && mode !== 'VERIFY_IDENTITY') say('has an ssl-mode other than VERIFY_IDENTITY');
  // For an IP address the MySQL driver would look for "localhost" in the certificate.
  else if (isIP(hostname.replace(/[[\]]/g, '')) !== 0) {
    say('asks for TLS by an IP address and not by the name in the certificate');
  }
};
