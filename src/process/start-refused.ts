/**
 * A setup with which a program must not start. `message` is for the person who starts the program. Waiting mends
 * nothing.
 */
export class StartRefused extends Error {
  override name = 'StartRefused';
}
