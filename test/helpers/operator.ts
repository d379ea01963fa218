import { randomUUID } from 'node:crypto';
import { adminToken } from './system.js';

export interface OperatorAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Calls operators' routes with the admin token. A change has a key of its own. */
export const asOperator =
  (adminUrl: string) =>
  async (method: string, path: string, body?: object): Promise<OperatorAnswer> => {
    const response = await fetch(adminUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(body && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
