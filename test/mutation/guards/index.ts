import type { GuardedFile } from '../guard.js';
import { access } from './access.js';
import { archive } from './archive.js';
import { begunPayments } from './begun-payments.js';
import { captures } from './captures.js';
import { customers } from './customers.js';
import { deadlines } from './deadlines.js';
import { endpoints } from './endpoints.js';
import { events } from './events.js';
import { forget } from './forget.js';
import { lateSales } from './late-sales.js';
import { ledger } from './ledger.js';
import { messages } from './messages.js';
import { payments } from './payments.js';
import { providerLedger } from './provider-ledger.js';
import { refunds } from './refunds.js';
import { reports } from './reports.js';
import { schema } from './schema.js';
import { settlement } from './settlement.js';
import { stock } from './stock.js';
import { workflows } from './workflows.js';

/** The guards in SQL, in options and in the sequence of calls, where no changed expression reaches them. */
export const guardedFiles: readonly GuardedFile[] = [
  ...schema,
  ...stock,
  ...ledger,
  ...settlement,
  ...lateSales,
  ...deadlines,
  ...events,
  ...endpoints,
  ...payments,
  ...refunds,
  ...begunPayments,
  ...captures,
  ...reports,
  ...providerLedger,
  ...archive,
  ...forget,
  ...messages,
  ...access,
  ...customers,
  ...workflows,
];
