import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import proto from '@temporalio/proto';
import { root } from '../compose/files.js';

const { History } = proto.temporal.api.history.v1;
export type Recorded = proto.temporal.api.history.v1.IHistory;

/**
 * The recorded histories: one folder for a recording, `<date>-<build id of the workflows>`, and one file for a life. A
 * folder stays as long as an order that the recorded workflows began may be open.
 */
const folder = join(root, 'test', 'workflows', 'histories');

export const recordings = (): readonly string[] => readdirSync(folder).sort();

export const livesIn = (recording: string): readonly string[] =>
  readdirSync(join(folder, recording)).map((file) => file.replace(/\.json$/, ''));

/** Enums as names and bytes as base64: a person can read the file, and `fromObject` reads every field. */
const asJson = { enums: String, longs: String, bytes: String } as const;

export const readHistory = (recording: string, life: string): Recorded =>
  History.fromObject(JSON.parse(readFileSync(join(folder, recording, `${life}.json`), 'utf8')));

/** Replaces a recording of this name. The file names nothing of the machine: no host, no process, no path. */
export function writeRecording(recording: string, histories: ReadonlyMap<string, Recorded>): void {
  const target = join(folder, recording);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const [life, history] of histories) {
    const { events } = History.toObject(History.fromObject(history), asJson);
    const lines = (events as readonly object[]).map((event) => JSON.stringify(event, withoutMachine));
    writeFileSync(join(target, `${life}.json`), `{"events":[\n${lines.join(',\n')}\n]}\n`);
  }
}

function withoutMachine(key: string, value: unknown): unknown {
  if (key === 'stackTrace') return undefined;
  // An identity, and the name of a worker's own queue, name the process and the host: 4711@host.
  return typeof value === 'string' && /^\d+@/.test(value) ? 'recorded' : value;
}
