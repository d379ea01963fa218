import { readFileSync } from 'node:fs';

/**
 * What an `amqps://` address asks of the socket: `cacertfile` is the authority to trust, as in RabbitMQ's own
 * addresses, else the machine's own ones are. The certificate and its name are always verified.
 */
export function brokerSocket(url: string): { readonly ca?: Buffer[] } {
  const file = new URL(url).searchParams.get('cacertfile');
  return file === null ? {} : { ca: [readFileSync(file)] };
}
