export const EXPECTED_MOMENT = 'expected a time with its zone, such as 2026-03-01T10:00:00Z';

/**
 * Any other form may be read as local time, or as another day. The database cannot compare a time outside of these years.
 *
 * @returns `undefined` for another text
 */
export function toMoment(text: string): Date | undefined {
  const time = new Date(text);
  const isKnown = time.getUTCFullYear() >= 1970 && time.getUTCFullYear() <= 9999;
  const isMoment = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) && isKnown;
  return isMoment && isInCalendar(text.slice(0, 10)) ? time : undefined;
}

/** JavaScript reads February 30 as March 2. @param day as `2026-03-01` */
function isInCalendar(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
