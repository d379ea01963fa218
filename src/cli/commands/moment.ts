import { InvalidArgumentError } from 'commander';
import { EXPECTED_MOMENT, toMoment } from '../../domain/moment.js';

/** The value of an option that is a time. */
export function moment(value: string): Date {
  const time = toMoment(value);
  if (time !== undefined) return time;
  throw new InvalidArgumentError(EXPECTED_MOMENT);
}
