import type { GuardedFile } from '../guard.js';
import { doors } from './doors.js';
import { messages } from './messages.js';
import { payments } from './payments.js';
import { schema } from './schema.js';
import { settlement } from './settlement.js';
import { stock } from './stock.js';
import { workflows } from './workflows.js';

/** Each guard that no change to an expression reaches, since it stands in SQL, in an option or in an order of calls. */
export const guardedFiles: readonly GuardedFile[] = [
  ...schema,
  ...stock,
  ...settlement,
  ...payments,
  ...messages,
  ...doors,
  ...workflows,
];
