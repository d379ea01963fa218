import type { Client } from '@temporalio/client';
import { NotSetUp } from '../domain/errors.js';
import { indexedTypes, missingAttributes, unknownAttributes } from './attributes.js';
import { call, pingTemporal } from './client.js';
import { SETUP_COMMAND } from './errors.js';
import { onceKnown, untilKnown } from './once-known.js';
import { answerOrRefusal, NOT_FOUND, UNAUTHENTICATED } from './refusals.js';

const DAY_SECONDS = 24 * 60 * 60;

/** Within the retention Temporal refuses a second start of an order, and operators can read the history of an order. */
const SHORTEST_RETENTION_SECONDS = DAY_SECONDS;
/** A rule of thumb: operators still see the orders of a week. */
const RETENTION_SECONDS = 7 * DAY_SECONDS;

/** One thing that is missing or wrong in the namespace. `blocks`: no order can start until this is mended. */
export interface SetupProblem {
  readonly what: string;
  readonly blocks: boolean;
}

/**
 * Finds what is missing: the namespace, its search attributes, a long enough retention, or our rights. Reads only.
 *
 * @throws {DomainError} `dependency-unavailable` when Temporal does not answer
 */
export async function setupProblems(client: Client): Promise<SetupProblem[]> {
  const { namespace } = client.options;
  const described = await answerOrRefusal(client, ({ workflowService }) =>
    workflowService.describeNamespace({ namespace }),
  );
  if (described === NOT_FOUND) return [{ what: `there is no namespace ${namespace}`, blocks: true }];
  if (typeof described === 'number') {
    const why = described === UNAUTHENTICATED ? 'Temporal does not know this account' : 'this account may not use it';
    return [{ what: `the namespace ${namespace} cannot be described: ${why}`, blocks: true }];
  }
  const missing = (await missingAttributes(client)).map((what) => ({ what, blocks: true }));
  const seconds = Number(described.config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  if (seconds >= SHORTEST_RETENTION_SECONDS) return missing;
  const retention = `closed workflows are kept for ${seconds / 3600} hours, and less than 24 is too short`;
  return [...missing, { what: retention, blocks: false }];
}

/**
 * Mends what {@link setupProblems} finds: creates the namespace, adds search attributes, raises a retention that is too
 * short. Everything else stays as it is, so the call may be repeated.
 *
 * @param say called with a line after each change, also when a later change is refused
 * @throws {DomainError} `dependency-unavailable`, also when this account has no right; `message` names the refusal
 */
export async function setUp(client: Client, say: (change: string) => void): Promise<void> {
  const { namespace } = client.options;
  const retention = { seconds: RETENTION_SECONDS } as never;
  const described = await answerOrRefusal(client, ({ workflowService }) =>
    workflowService.describeNamespace({ namespace }),
  );
  if (described === NOT_FOUND) {
    await call(client, ({ workflowService }) =>
      workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention }),
    );
    say(`created the namespace ${namespace}, which keeps closed workflows for 7 days`);
    await untilKnown(client);
  } else if ((await setupProblems(client)).some(({ blocks }) => !blocks)) {
    const config = { workflowExecutionRetentionTtl: retention };
    await call(client, ({ workflowService }) => workflowService.updateNamespace({ namespace, config }));
    say(`raised the retention of ${namespace} to 7 days`);
  }
  const missing = await unknownAttributes(client);
  if (missing.length === 0) return;
  const types = Object.fromEntries(missing.map(({ name, type }) => [name, indexedTypes[type]]));
  await onceKnown(client, ({ connection }) =>
    connection.operatorService.addSearchAttributes({ namespace, searchAttributes: types as never }),
  );
  for (const { name, type } of missing) say(`added the search attribute ${name} (${type})`);
}

/**
 * A check for `/readyz` and for the start. A complete setup is not compared again: every later call fails when the
 * namespace is deleted.
 *
 * @returns a check. The check returns a remark on a problem that blocks no order, and throws {@link NotSetUp}, which names
 *   what is missing and the command that mends it
 */
export function createSetupCheck(client: Client): () => Promise<string | undefined> {
  let complete = false;
  return async () => {
    if (complete) {
      await pingTemporal(client);
      return undefined;
    }
    const problems = await setupProblems(client);
    const blocking = problems.filter(({ blocks }) => blocks);
    if (blocking.length > 0) throw notSetUp(blocking);
    complete = problems.length === 0;
    return complete ? undefined : `${inWords(problems)}. To mend it: ${SETUP_COMMAND}`;
  };
}

export const notSetUp = (problems: readonly SetupProblem[]): NotSetUp =>
  new NotSetUp('Temporal', inWords(problems), SETUP_COMMAND);

const inWords = (problems: readonly SetupProblem[]): string => problems.map(({ what }) => what).join('; ');
