import type { GuardedFile } from '../guard.js';

const waitsBehind = 'an event that is due behind another one waits for it, however many they are, and others do not';
const oneLease = 'an endpoint is leased by one bridge, and by another one after the lease or its release';
const pausedLater =
  'an endpoint that takes nothing for three days is paused with the reason, and gets what it missed when it is resumed';
const ownNetwork = 'an address of the own network is none of the internet, in each form of each version';

/** Each endpoint gets its events in their order, from one bridge at a time, and no other address does. */
export const endpoints: readonly GuardedFile[] = [
  {
    file: 'src/db/migrations/0019-endpoints.js',
    guards: [
      {
        name: 'an address has one endpoint',
        text: 'UNIQUE KEY one_endpoint_per_url',
        without: 'KEY one_endpoint_per_url',
        test: [
          'db/endpoints/changes',
          'an address has one endpoint, also where two processes add it at once, until the endpoint is removed',
        ],
      },
      {
        name: 'no row is for an endpoint that is gone',
        text: 'CONSTRAINT delivery_has_endpoint FOREIGN KEY (endpoint_id) REFERENCES endpoints (endpoint_id),',
        without: '',
        test: ['db/endpoints/changes', 'the database refuses rows of an endpoint that contradict one another'],
      },
    ],
  },
  {
    file: 'src/db/events/fan-out.js',
    guards: [
      {
        name: 'an endpoint gets the types that it wants',
        text: '&& fits(patternsIn(types), type)',
        without: '',
        test: [
          'db/endpoints/deliveries',
          'an endpoint gets the types that it wants, and the events from its addition on',
        ],
      },
    ],
  },
  {
    file: 'src/db/endpoints/leases.js',
    guards: [
      {
        name: 'a lease is taken by one process',
        text: 'FOR UPDATE SKIP LOCKED',
        without: '',
        test: ['db/endpoints/bridges', oneLease],
      },
      {
        name: 'a lease that has ended is not renewed',
        text: 'AND leased_by = ? AND leased_until >= UTC_TIMESTAMP(3)',
        without: 'AND leased_by = ?',
        test: ['db/endpoints/bridges', oneLease],
      },
    ],
  },
  {
    file: 'src/db/endpoints/next-deliveries.js',
    guards: [
      {
        name: 'an event waits for those before it',
        text: 'behind === undefined ? undefined : inOrder.indexOf(behind)',
        without: 'undefined',
        test: ['db/endpoints/bridges', waitsBehind],
      },
    ],
  },
  {
    file: 'src/db/endpoints/results.js',
    guards: [
      {
        name: 'an endpoint that takes nothing has three days',
        text: 'failing_since <= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND',
        without: 'failing_since <= UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND',
        test: ['db/endpoints/deliveries', pausedLater],
      },
    ],
  },
  {
    file: 'src/db/events/old-events.js',
    guards: [
      {
        name: 'an event is kept for an endpoint',
        text: "AND d.state = 'waiting' AND e.occurred_at",
        without: "AND d.state = 'none' AND e.occurred_at",
        test: [
          'db/endpoints/changes',
          'an event that an endpoint has not taken is kept, for thirty days at most, and one that it has taken is not',
        ],
      },
    ],
  },
  {
    file: 'src/db/endpoints/endpoint-changes.js',
    guards: [
      {
        name: 'an endpoint has a few keys at most',
        text: 'before.length >= MOST_KEYS',
        without: 'false',
        test: [
          'db/endpoints/changes',
          'an endpoint has at most four secrets at a time, also where several persons rotate at once',
        ],
      },
    ],
  },
  {
    file: 'src/endpoints/addresses.js',
    guards: [
      {
        name: 'an address of the own network is no public one',
        text: "parsed.range() !== 'unicast'",
        without: 'false',
        test: ['endpoints/addresses', ownNetwork],
      },
      {
        name: 'what IPv6 has not given to anyone is no public address',
        text: '|| parsed.match(GLOBAL_IPV6)',
        without: '|| true',
        test: ['endpoints/addresses', ownNetwork],
      },
      {
        name: 'each address of a host is checked',
        text: 'allowPrivate ? undefined :',
        without: 'true ? undefined :',
        test: [
          'endpoints/post',
          'the address is checked at each request, so that a name that leads into the own network now gets nothing',
        ],
      },
    ],
  },
  {
    file: 'src/endpoints/post.js',
    guards: [
      {
        name: 'a connection goes to the addresses that were checked',
        text: 'lookup: onlyTo(addresses),',
        without: '',
        test: [
          'endpoints/rebinding',
          'a request goes to the address that was checked, also where the name leads elsewhere a moment later',
        ],
      },
    ],
  },
  {
    file: 'src/bridge/serve-endpoint.js',
    guards: [
      {
        name: 'nothing of an order is sent behind an event that was not taken',
        text: "if ((await sendOne(delivery)) !== 'taken')",
        without: "if ((await sendOne(delivery)) === 'aborted')",
        test: [
          'db/endpoints/deliveries',
          'an event that is not taken is retried after a pause, the later ones of its order wait for it, others do not',
        ],
      },
    ],
  },
  {
    file: 'src/db/events/replay.js',
    guards: [
      {
        name: 'a replay to RabbitMQ takes no event from the endpoints',
        text: "WHERE position IN (?) AND delivered_at < '${FOR_BROKER}'",
        without: 'WHERE position IN (?)',
        test: [
          'db/events/replay',
          'a replay to RabbitMQ of an event that no endpoint has yet does not take the event from the endpoints',
        ],
      },
      {
        name: 'a replay keeps the failures of what waits',
        text: "attempts = IF(state = 'waiting', attempts, 0)",
        without: 'attempts = 0',
        test: [
          'db/events/replay',
          'a replay to an endpoint leaves what waits as it is, and begins anew what was given up',
        ],
      },
      {
        name: 'a replay keeps the pause of what waits',
        text: "due_at = IF(state = 'waiting', due_at, UTC_TIMESTAMP(3))",
        without: 'due_at = UTC_TIMESTAMP(3)',
        test: [
          'db/events/replay',
          'a replay to an endpoint leaves what waits as it is, and begins anew what was given up',
        ],
      },
    ],
  },
  {
    file: 'src/process/operate-events.js',
    guards: [
      {
        name: 'a replay of an unknown event sends nothing',
        text: 'if (unknown.length > 0)',
        without: 'if (false)',
        test: ['db/events/replay', 'a replay of which one id is unknown sends nothing, and neither does a dry run'],
      },
      {
        name: 'a replay over HTTP has a bound',
        text: 'if (++read === batches)',
        without: 'if (false)',
        test: [
          'http/replay-bounds',
          'a replay sends at most 10,000 events for one request, and the rest for the next one',
        ],
      },
      {
        name: 'a replay ends with its client',
        text: 'if (signal?.aborted)',
        without: 'if (false)',
        test: ['http/replay-bounds', 'a replay whose client has gone sends no further batch'],
      },
      {
        name: 'a dry run of a replay sends nothing to RabbitMQ',
        text: 'if (!dryRun && to === undefined)',
        without: 'if (to === undefined)',
        test: ['db/events/replay', 'a replay of which one id is unknown sends nothing, and neither does a dry run'],
      },
      {
        name: 'a dry run of a replay sends nothing to an endpoint',
        text: 'if (!dryRun && to !== undefined)',
        without: 'if (to !== undefined)',
        test: [
          'http/events',
          'a replay sends what was taken again under its id, in order, to an endpoint or to RabbitMQ; a dry run sends nothing',
        ],
      },
      {
        name: 'a selection leaves out the types that the endpoint does not get',
        text: '|| fits(endpoint.events, type)',
        without: '|| true',
        test: [
          'http/events',
          'a replay of what an endpoint has missed leaves out what it has taken, and the types that it does not get',
        ],
      },
    ],
  },
];
