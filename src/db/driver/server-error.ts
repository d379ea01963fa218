/** What a database error means. `silence`: nobody answered, and the caller has waited for that already. */
export type Trouble = 'deadlock' | 'lock wait' | 'outage' | 'silence';

export type ServerError = readonly [errno: number, name: string, trouble: Trouble, why: string];
