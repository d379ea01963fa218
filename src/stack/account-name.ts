import { userInfo } from 'node:os';

/** Who runs this command. A container may run under a number that the machine has no name for. */
export function accountName(read: () => { readonly username: string } = userInfo): string {
  try {
    return read().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
