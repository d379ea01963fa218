import type { Config } from './variables.js';

/** Whether endpoints may be inside of the own network. Not in production, unless the variable says so. */
export const allowsPrivate = (config: Pick<Config, 'ENDPOINTS_ALLOW_PRIVATE' | 'NODE_ENV'>): boolean =>
  config.ENDPOINTS_ALLOW_PRIVATE ?? config.NODE_ENV !== 'production';
