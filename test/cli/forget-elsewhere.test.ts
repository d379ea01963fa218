import test from 'ava';
import { workflowIdsOf } from '../../src/cli/forget-elsewhere.js';
import * as contract from '../../workflows/contract.js';

test('the workflows of each kind that an order may have are among those that are deleted', (t) => {
  const kinds = Object.entries(contract).flatMap(([name, make]) =>
    name.endsWith('WorkflowId') && typeof make === 'function' ? [make('1')] : [],
  );
  t.true(kinds.length >= 5);
  t.deepEqual(workflowIdsOf({ orderId: '1', paymentIds: ['1'], refundIds: ['1'] }).sort(), kinds.sort());
});
