import { styleText } from 'node:util';
import type { Endpoint } from '../domain/endpoint.js';
import { counted } from './counted.js';
import { onOneLine } from './product-words.js';

/** An endpoint, on two or three lines. */
export function endpointInWords(endpoint: Endpoint): string[] {
  const { endpointId, url, events, signature, publicKey, state, waiting } = endpoint;
  const all = events.includes('*') ? 'all events' : events.join(', ');
  const key = publicKey === null ? '' : ` ${publicKey}`;
  return [
    `${styleText('bold', endpointId)}  ${state}  ${onOneLine(url)}`,
    `    ${all}, signed ${signature}${key}; ${counted(waiting, 'event')} wait${waiting === 1 ? 's' : ''}`,
    ...troubleOf(endpoint).map((line) => `    ${line}`),
  ];
}

function troubleOf({ pausedReason, pausedAt, failingSince, lastFailure }: Endpoint): string[] {
  if (pausedReason !== null) return [`paused since ${pausedAt?.toISOString()}: ${onOneLine(pausedReason)}`];
  if (failingSince === null) return [];
  return [`takes nothing since ${failingSince.toISOString()}: ${onOneLine(lastFailure ?? '')}`];
}
