import type { GuardedFile } from '../guard.js';

/** Each order has one workflow, which ends in time and after all work is done. */
export const workflows: readonly GuardedFile[] = [
  {
    file: 'src/temporal/order-start.js',
    guards: [
      {
        name: "an order's workflow: ALLOW_DUPLICATE_FAILED_ONLY",
        text: "orderWorkflowId(orderId),\n        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY'",
        without: "orderWorkflowId(orderId),\n        workflowIdReusePolicy: 'ALLOW_DUPLICATE'",
        test: ['temporal/order-workflows', 'an order that has ended is not started again'],
      },
    ],
  },
  {
    // The bundle that the worker runs.
    file: 'workflow-bundle.js',
    guards: [
      {
        name: "the workflow's deadline is the checkout's expiresAt",
        text: 'Math.max(Date.parse(expiresAt) - Date.now(), atLeastMs)',
        without: '1_000',
        test: [
          'workflows/order-workflow',
          'an order that waited longer than its window is settled at once, without a timer',
        ],
      },
      {
        name: "the database's clock decides the deadline",
        text: '- Date.now(), atLeastMs)',
        without: '- Date.now(), 0)',
        test: [
          'workflows/order-workflow',
          "the workflow waits for the database's deadline when the database's clock is behind",
        ],
      },
      {
        name: 'a signal of a moved deadline wakes the workflow',
        text: 'moved.isDue() || isLong()',
        without: 'isLong()',
        test: [
          'workflows/moved-deadline',
          'a deadline that was moved later has a timer of its own, whose summary says until when',
        ],
      },
      {
        name: 'the known deadline is no move',
        text: 'if (order !== null && Date.parse(signal.expiresAt) === Date.parse(order.expiresAt))',
        without: 'if (false)',
        test: [
          'workflows/moved-deadline',
          'forged, late and repeated signals change no deadline, and a repeated one asks nothing',
        ],
      },
      {
        name: 'a reminder is made for the deadline of now',
        text: 'if (reminder?.expiresAt !== expiresAt)',
        without: 'if (reminder === undefined)',
        test: ['workflows/reminder', 'a reminder is made at its moment, and a moved deadline has one of its own'],
      },
      {
        name: 'a settlement that failed at the deadline is repeated',
        text: 'locally ?? (await settle(orderId, cause))',
        without: 'locally',
        test: [
          'workflows/deadline',
          'a settlement that fails at the deadline is repeated by an activity that the Web UI shows',
        ],
      },
      {
        name: 'a workflow stays open while a refund is owed',
        text: 'nothingOwed = () => owed.length === 0',
        without: 'nothingOwed = () => true',
        test: [
          'workflows/order-workflow',
          'a refund that the provider does not accept delays neither the next payment nor the end',
        ],
      },
      {
        name: 'a cause that came before the end is settled',
        text: 'const late = causes.next();',
        without: 'const late = undefined;',
        test: [
          'workflows/order-workflow',
          'a payment that arrives during a settlement is settled before the workflow closes',
        ],
      },
      {
        name: 'a Cancel in the Web UI does not end the workflow',
        text: 'CancellationScope.nonCancellable(async () => {\n        for (const refundOwed',
        without: 'CancellationScope.cancellable(async () => {\n        for (const refundOwed',
        test: [
          'workflows/order-workflow',
          "an operator's Cancel in the Web UI settles the order and completes the workflow",
        ],
      },
    ],
  },
];
