export const EXPECTED_MOMENT = 'expected a time with its zone, such as 2026-03-01T10:00:00Z';

/** Any other form may be read as local time, or as another day. @returns `undefined` for another text */
export function toMoment(text: string): Date | undefined {
  const time = new Date(text);
  return /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(time.getTime()) ? time : undefined;
}
