import { FOR_BROKER } from '../../events/undelivered.js';
import type { Check } from './check.js';

/** As `fits` of the domain, for the column `event_types` of an endpoint `p` and an event `e`. */
const wanted = ['e.type', "CONCAT(SUBSTRING_INDEX(e.type, '.', 1), '.*')", "'*'"]
  .map((pattern) => `FIND_IN_SET(${pattern}, p.event_types)`)
  .join(' OR ');

/** Each event is delivered, or waits: on its way to RabbitMQ, and on its way to each endpoint that wants it. */
export const eventChecks: readonly Check[] = [
  {
    invariant: 'I5',
    about: 'events on their way to RabbitMQ',
    sql: `SELECT CONCAT('event ', e.event_id) AS subject,
        CONCAT('is marked as delivered at ', e.delivered_at, ', and no process sends it to RabbitMQ: ',
          'orders events replay ', e.event_id, ' --rabbitmq') AS detail
      FROM events e FORCE INDEX (undelivered)
      WHERE e.delivered_at > UTC_TIMESTAMP(3) + INTERVAL :slack SECOND AND e.delivered_at <> '${FOR_BROKER}'`,
  },
  {
    // An event that was written within a minute of the endpoint may be from a transaction that began before the endpoint.
    invariant: 'I5',
    about: 'events on their way to the endpoints',
    sql: `SELECT CONCAT('event ', e.event_id) AS subject,
        CONCAT('is neither delivered to endpoint ', p.endpoint_id, ' nor waits for it: ',
          'orders events replay ', e.event_id, ' --endpoint ', p.endpoint_id) AS detail
      FROM endpoints p STRAIGHT_JOIN events e
      LEFT JOIN event_deliveries d ON d.position = e.position AND d.endpoint_id = p.endpoint_id
      WHERE p.state <> 'removed' AND :events(e.position) AND e.delivered_at IS NOT NULL AND d.position IS NULL
        AND e.occurred_at > p.created_at + INTERVAL 1 MINUTE AND (${wanted})`,
  },
  {
    invariant: 'I5',
    about: 'deliveries to endpoints',
    sql: `SELECT CONCAT('delivery ', d.position) AS subject,
        CONCAT('waits for endpoint ', d.endpoint_id, ', and its event is not there') AS detail
      FROM endpoints p STRAIGHT_JOIN event_deliveries d FORCE INDEX (due) ON d.endpoint_id = p.endpoint_id
      LEFT JOIN events e ON e.position = d.position
      WHERE p.state <> 'removed' AND d.state = 'waiting' AND e.position IS NULL`,
  },
];
