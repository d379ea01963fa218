import { type Client, isGrpcServiceError } from '@temporalio/client';
import { call } from './client.js';

/** gRPC's numbers for a refusal that says something about the namespace or our rights in it. */
export const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12;
export const UNAUTHENTICATED = 16;

const refusals = [NOT_FOUND, PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED];

/** The answer, or the number of such a refusal. @throws {DomainError} `dependency-unavailable` for any other failure */
export async function asked<T>(client: Client, work: (client: Client) => Promise<T>): Promise<T | number> {
  return await call(client, async (bounded) => {
    try {
      return await work(bounded);
    } catch (error) {
      const told = isGrpcServiceError(error) && refusals.includes(error.code);
      if (!told) throw error;
      return error.code;
    }
  });
}
