/** A secret or a token for development begins with this text, so that a shop in production refuses the value. */
export const DEVELOPMENT_MARK = 'development-only';

/** Whether a webhook secret (`whsec_<base64>`) is for development. */
export const isDevelopmentSecret = (secret: string): boolean =>
  Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    .toString('latin1')
    .startsWith(DEVELOPMENT_MARK);
