/**
 * A setup with which a process must not start. `message` is for the person who starts the process. Waiting mends
 * nothing.
 */
export class StartRefused extends Error {
  override name = 'StartRefused';
}
