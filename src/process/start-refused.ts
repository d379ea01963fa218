/** What a program must not start with, in sentences for the person who starts the program. Waiting would not mend it. */
export class StartRefused extends Error {
  override name = 'StartRefused';
}
