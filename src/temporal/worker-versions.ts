import { type Client, isGrpcServiceError } from '@temporalio/client';
import { isUnavailable } from '../domain/errors.js';
import { call } from './client.js';

/** A deployment is the workers of one task queue; a version of it is one code of the workflows. */
export interface WorkerVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

const FAILED_PRECONDITION = 9;

/** Whether another try may help: a worker is registered by its first poll, and another may have been faster. */
export const mayBecomeCurrent = (error: unknown): boolean =>
  isUnavailable(error) || (isGrpcServiceError(error) && error.code === FAILED_PRECONDITION);

/**
 * The version that new orders go to; undefined when that is every worker without a version.
 *
 * @throws {DomainError} `dependency-unavailable`, also when Temporal knows no such deployment
 */
export async function currentVersion(client: Client, deploymentName: string): Promise<string | undefined> {
  return (await describe(client, deploymentName)).buildId;
}

async function describe(client: Client, deploymentName: string) {
  const { namespace } = client.options;
  const { workerDeploymentInfo, conflictToken } = await call(client, ({ workflowService }) =>
    workflowService.describeWorkerDeployment({ namespace, deploymentName }),
  );
  const { buildId } = workerDeploymentInfo?.routingConfig?.currentDeploymentVersion ?? {};
  // Empty where none is current.
  return { buildId: buildId || undefined, conflictToken };
}

/**
 * Makes a version the current one where its deployment has none, so that the first start of a system needs no operator.
 * Afterwards an operator decides: a worker that is only started again must not take the new orders.
 *
 * @returns the version that is current then
 * @throws {@link mayBecomeCurrent} until the worker has polled, and when another worker was faster
 */
export async function becomeFirstVersion(client: Client, { deploymentName, buildId }: WorkerVersion): Promise<string> {
  const { buildId: current, conflictToken } = await describe(client, deploymentName);
  if (current !== undefined) return current;
  const { namespace } = client.options;
  const request = { namespace, deploymentName, buildId, conflictToken, identity: 'order-bridge worker' };
  await call(client, ({ workflowService }) => workflowService.setWorkerDeploymentCurrentVersion(request));
  return buildId;
}
