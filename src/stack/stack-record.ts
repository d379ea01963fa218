import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { asAbsent, readJsonFile, writeAtomically } from './json-file.js';
import { isAlive, type ProcessId, processId } from './process-id.js';

export interface MysqlAddresses {
  mysqlUrl: string;
}

export interface BrokerAddresses {
  amqpUrl: string;
  rabbitmqUiUrl?: string;
  /** The management API, with the credentials in the URL. */
  rabbitmqApiUrl?: string;
}

export interface WorkflowAddresses {
  temporalAddress: string;
  temporalNamespace: string;
  temporalUiUrl?: string;
}

/** The addresses of a stack's servers. The URLs contain the credentials. */
export interface StackAddresses extends MysqlAddresses, BrokerAddresses, WorkflowAddresses {}

interface StackRecord {
  readonly owner: ProcessId;
  readonly addresses: StackAddresses;
}

const recordSchema = z.object({
  owner: processId,
  addresses: z.looseObject({
    mysqlUrl: z.string(),
    amqpUrl: z.string(),
    temporalAddress: z.string(),
    temporalNamespace: z.string(),
  }),
});

const recordPath = (dataDir: string): string => join(dataDir, 'stack.json');

export function writeStackRecord(dataDir: string, record: StackRecord): void {
  writeAtomically(recordPath(dataDir), `${JSON.stringify(record, null, 2)}\n`);
}

export function removeStackRecord(dataDir: string): void {
  rmSync(recordPath(dataDir), { force: true });
}

/** The addresses of the stack that a live process runs in this folder; undefined when no stack runs. */
export async function findRunningStack(dataDir: string): Promise<StackAddresses | undefined> {
  const record = readJsonFile(recordPath(dataDir), recordSchema, asAbsent);
  return record !== undefined && isAlive(record.owner) ? (record.addresses as StackAddresses) : undefined;
}
