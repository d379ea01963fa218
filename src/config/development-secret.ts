/** What a secret or a token that is for development begins with, so that a real shop refuses the value by itself. */
export const DEVELOPMENT_MARK = 'development-only';

/** Whether a webhook secret (`whsec_<base64>`) says of itself that it is for development. */
export const isDevelopmentSecret = (secret: string): boolean =>
  Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    .toString('latin1')
    .startsWith(DEVELOPMENT_MARK);
