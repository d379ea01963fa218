import { readFileSync } from 'node:fs';
import { workflowBundle } from '../../src/temporal/workflow-bundle.js';

/** A later version of the workflows: the code of the build, with one place changed. */
interface Change {
  readonly text: string;
  readonly by: string;
}

/** The place of the change: before the loop that waits for the order's end. */
const text = 'let aheadOfDatabaseMs = ';
const oneMore = 'order = await (0,_record_js__WEBPACK_IMPORTED_MODULE__.record)({ orderId });';
const patched = "(0,_temporalio_workflow__WEBPACK_IMPORTED_MODULE_0__.patched)('record-once-more')";

/** Records the order a second time, by an activity: histories of today do not have this activity. */
export const withOneMoreRecord: Change = { text, by: `${oneMore} ${text}` };

/** The same for orders that begin after the change; the other orders continue as they began. */
export const withOneMoreRecordPatched: Change = { text, by: `if (${patched}) { ${oneMore} } ${text}` };

/** @returns the code of a bundle. @throws when the code does not have the place exactly once */
export function changedWorkflows({ text: before, by }: Change): string {
  const code = readFileSync(workflowBundle.codePath, 'utf8');
  const parts = code.split(before);
  if (parts.length !== 2) throw new Error(`${before} is ${parts.length - 1} times in the workflows, expected once`);
  // The build numbers the imports of a module.
  const [record = ''] = /_record_js__WEBPACK_IMPORTED_MODULE_\d+__/.exec(code) ?? [];
  return parts.join(by.replace('_record_js__WEBPACK_IMPORTED_MODULE__', record));
}
