import { FORGOTTEN } from '../../domain/forgotten.js';

/** By which ids the rows of an order are found. */
export type By = 'order' | 'payment' | 'report' | 'return' | 'event';

/** A table whose rows hold personal data, and what is written over them. */
export interface Overwritten {
  readonly name: string;
  /** The rows of archived orders are in a table `archived_…`. */
  readonly isArchived: boolean;
  readonly by: By;
  /** The index of the ids: by another one, or by none, the rows of other orders would be locked too. */
  readonly index: string;
  /** Texts that are replaced where they are not null. */
  readonly texts?: readonly string[];
  /** Columns that become null. */
  readonly nulls?: readonly string[];
  /** Columns that become an expression, in this order: a later one reads what an earlier one has written. */
  readonly set?: Readonly<Record<string, string>>;
  /** Which rows have something to overwrite; those with one of the texts and nulls, if not given. */
  readonly where?: string;
}

/** The key of a request, readable for who repeats the request alone. The same digest is in `forgotten-keys.ts`. */
const digest = (text: string): string =>
  `CONCAT('${FORGOTTEN}:', SHA2(CONVERT(CONCAT(${text}, '\\n', idempotency_key) USING utf8mb4), 256))`;

/** Random: `:secret` is new in each transaction, and is stored nowhere. */
const random = (name: string, digits: number): string =>
  `LEFT(SHA2(CONCAT(:secret, '${name}', order_id), 256), ${digits})`;

/**
 * A fingerprint that no request has, by which an overwritten row is recognised: a guest may choose a key that looks like a
 * digest.
 */
const NOTHING = 'REPEAT(CHAR(0), 32)';

/** Columns of JSON are rewritten by `overwrite.ts`. */
export const overwritten: readonly Overwritten[] = [
  {
    name: 'checkouts',
    isArchived: true,
    by: 'order',
    index: 'PRIMARY',
    // MariaDB and MySQL assign from left to right: the key is made from the customer, so the customer goes last.
    set: {
      idempotency_key: digest("COALESCE(user_id, customer, '')"),
      fingerprint: NOTHING,
      read_token: random('token', 43),
      traceparent: `CONCAT('00-', ${random('trace', 32)}, '-', ${random('span', 16)}, '-00')`,
      reference: 'NULL',
      metadata: 'NULL',
      user_id: 'NULL',
      customer: "''",
    },
    where: `fingerprint <> ${NOTHING}`,
  },
  { name: 'orders', isArchived: true, by: 'order', index: 'PRIMARY', nulls: ['user_id', 'customer'] },
  { name: 'payments', isArchived: true, by: 'order', index: 'of_order', texts: ['refund_failure'] },
  { name: 'authorisations', isArchived: true, by: 'payment', index: 'PRIMARY', texts: ['failure'] },
  { name: 'payment_changes', isArchived: true, by: 'payment', index: 'of_payment', texts: ['note'] },
  {
    name: 'order_refunds',
    isArchived: true,
    by: 'order',
    index: 'of_order',
    set: {
      // A failure may come later, and the digest of a digest would be the key of no request.
      idempotency_key: `IF(fingerprint = ${NOTHING}, idempotency_key, CONVERT(${digest("''")} USING ascii) COLLATE ascii_bin)`,
      fingerprint: NOTHING,
      reason: `IF(reason IS NULL, NULL, '${FORGOTTEN}')`,
      failure: `IF(failure IS NULL, NULL, '${FORGOTTEN}')`,
    },
    where: `(fingerprint <> ${NOTHING} OR reason <> '${FORGOTTEN}' OR failure <> '${FORGOTTEN}')`,
  },
  {
    name: 'begun_payments',
    isArchived: true,
    by: 'order',
    index: 'one_open',
    texts: ['failure'],
    nulls: ['return_url', 'cancel_url'],
  },
  { name: 'disputes', isArchived: false, by: 'report', index: 'of_payment', texts: ['reason'] },
  { name: 'provider_refunds', isArchived: false, by: 'report', index: 'of_payment', texts: ['failure'] },
  {
    name: 'stock_changes',
    isArchived: false,
    by: 'return',
    index: 'one_change_per_key',
    set: { fingerprint: NOTHING, reason: `IF(reason IS NULL, NULL, '${FORGOTTEN}')` },
    where: `(fingerprint <> ${NOTHING} OR reason <> '${FORGOTTEN}')`,
  },
  { name: 'event_deliveries', isArchived: false, by: 'event', index: 'PRIMARY', texts: ['last_failure'] },
];

/** Whether a row has something to overwrite. */
export const hasSomething = ({ texts = [], nulls = [], where }: Overwritten): string =>
  where ??
  `(${[...texts.map((name) => `${name} <> '${FORGOTTEN}'`), ...nulls.map((name) => `${name} IS NOT NULL`)].join(' OR ')})`;

/** The assignments of the UPDATE. */
export const assignments = ({ texts = [], nulls = [], set = {} }: Overwritten): string =>
  [
    ...Object.entries(set).map(([name, sql]) => `${name} = ${sql}`),
    ...texts.map((name) => `${name} = IF(${name} IS NULL, NULL, '${FORGOTTEN}')`),
    ...nulls.map((name) => `${name} = NULL`),
  ].join(', ');
