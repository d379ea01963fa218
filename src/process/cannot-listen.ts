/** A listener cannot use its host or port. `message` is a sentence with the system's error code. */
export class CannotListen extends Error {
  override name = 'CannotListen';

  constructor(cause: unknown, { host, port }: { readonly host: string; readonly port: number }) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    super(`Nothing can listen on ${host}:${port}: ${reasons[code] ?? (cause as Error).message} (${code})`, { cause });
  }
}

const noAddress = 'this machine has no such address';
const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has this port',
  EADDRNOTAVAIL: noAddress,
  ENOTFOUND: noAddress,
  EAI_AGAIN: noAddress,
  EINVAL: noAddress,
  EACCES: 'this user may not use this port',
};
