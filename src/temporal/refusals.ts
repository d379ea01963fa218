import { type Client, isGrpcServiceError } from '@temporalio/client';
import { call } from './client.js';

/** gRPC's numbers of the refusals that concern the namespace or our rights in the namespace. */
export const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12;
export const UNAUTHENTICATED = 16;

const refusals = [NOT_FOUND, PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED];

/** @returns the answer, or the number of such a refusal. @throws {DomainError} `dependency-unavailable` in an outage */
export async function answerOrRefusal<T>(client: Client, work: (client: Client) => Promise<T>): Promise<T | number> {
  return await call(client, async (bounded) => {
    try {
      return await work(bounded);
    } catch (error) {
      if (isGrpcServiceError(error) && refusals.includes(error.code)) return error.code;
      throw error;
    }
  });
}
