/** What a database error means. `silence`: no answer came within the time limit, so the caller has waited already. */
export type Trouble = 'deadlock' | 'lock wait' | 'outage' | 'silence';

export type ServerError = readonly [errno: number, name: string, trouble: Trouble, why: string];
