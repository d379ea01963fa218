import type { Gate } from '../helpers/gate.js';
import type { System } from '../helpers/system.js';

/** What the cases of `away.test.ts` share. */
export interface Context {
  system: System;
  gates: Record<'mysql' | 'rabbitmq' | 'temporal', Gate>;
  cleanUps: (() => Promise<void>)[];
}
