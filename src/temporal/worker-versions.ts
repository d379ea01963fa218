import { type Client, isGrpcServiceError } from '@temporalio/client';
import { isUnavailable } from '../domain/errors.js';
import { call } from './client.js';

/** A deployment is all workers of one task queue. A version is one code of the workflows. */
export interface WorkerVersion {
  readonly deploymentName: string;
  readonly buildId: string;
}

/** gRPC's number. */
const FAILED_PRECONDITION = 9;

/** Whether a retry may help: the version is registered by its first poll, and another worker may have been faster. */
export const mayBecomeCurrent = (error: unknown): boolean =>
  isUnavailable(error) || (isGrpcServiceError(error) && error.code === FAILED_PRECONDITION);

/**
 * @returns the version that takes the new orders; `undefined` when the workers without a version take them
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
  // Empty when no version is current.
  return { buildId: buildId || undefined, conflictToken };
}

/**
 * Makes a version current when its deployment has no current version, so that the first start of a system needs no
 * operator. Later versions are an operator's decision: a restart of a worker must not move the new orders.
 *
 * @returns the current version after the call
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
