import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { orderWorkflowId } from '../../workflows/contract.js';
import { call } from './client.js';

/** Whether the order's workflow is open now. @throws {DomainError} `dependency-unavailable` */
export async function isRunning(client: Client, orderId: string): Promise<boolean> {
  try {
    const { status } = await call(client, ({ workflow }) => workflow.getHandle(orderWorkflowId(orderId)).describe());
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
