import { column, unless } from '../unless.js';

/**
 * `disputes.events_written` is 0 before the event `dispute.opened` of the dispute is written, 1 after it, and 2 after
 * `dispute.closed`. Disputes from before have no events, and get only those of what happens next. Processes of the version
 * before leave 0: the next report of such a dispute writes its events.
 */
export const statements = [
  ...unless(
    column('disputes', 'events_written'),
    'ALTER TABLE disputes ADD COLUMN events_written TINYINT UNSIGNED NOT NULL DEFAULT 0, ALGORITHM = INSTANT',
  ),
  "UPDATE disputes SET events_written = IF(state = 'open', 1, 2) WHERE events_written = 0",
];
