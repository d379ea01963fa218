import { userInfo } from 'node:os';

/** The name of the account that runs this command, or its number: a container may run under a number without a name. */
export function accountName(read: () => { readonly username: string } = userInfo): string {
  try {
    return read().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
