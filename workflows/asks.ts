import type { Asks } from './contract.js';

/** What the workflow of today can do with an answer of the database. */
export const asks = { closesPayments: true, reminds: true } as const satisfies Asks;
