import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, type ProcessId } from './process-id.js';
import { writeAtomically } from './process-lock.js';

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

/** Where the servers of a stack answer. The URLs carry the credentials. */
export interface StackAddresses extends MysqlAddresses, BrokerAddresses, WorkflowAddresses {}

interface StackRecord {
  readonly owner: ProcessId;
  readonly addresses: StackAddresses;
}

const recordPath = (dataDir: string): string => join(dataDir, 'stack.json');

export function writeStackRecord(dataDir: string, record: StackRecord): void {
  writeAtomically(recordPath(dataDir), `${JSON.stringify(record, null, 2)}\n`);
}

export function removeStackRecord(dataDir: string): void {
  rmSync(recordPath(dataDir), { force: true });
}

/** The addresses of the stack that a live process keeps in this folder, undefined when none runs. */
export async function findRunningStack(dataDir: string): Promise<StackAddresses | undefined> {
  let text: string;
  try {
    text = await readFile(recordPath(dataDir), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const record = JSON.parse(text) as StackRecord;
  return isAlive(record.owner) ? record.addresses : undefined;
}
