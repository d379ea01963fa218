import { readFileSync } from 'node:fs';

/**
 * The TLS options of an `amqps://` address. `cacertfile` names the certificate authority to trust, as in RabbitMQ's own
 * URI parameters; without it the authorities of the machine are trusted. The certificate and its name are always
 * verified.
 */
export function brokerSocket(url: string): { readonly ca?: Buffer[] } {
  const file = new URL(url).searchParams.get('cacertfile');
  return file === null ? {} : { ca: [readFileSync(file)] };
}
