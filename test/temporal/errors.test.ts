import { ServiceError } from '@temporalio/client';
import test from 'ava';
import { isUnavailable } from '../../src/domain/errors.js';
import { translated } from '../../src/temporal/errors.js';

const status = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
};
const lasting: readonly string[] = ['INVALID_ARGUMENT', 'ALREADY_EXISTS', 'FAILED_PRECONDITION', 'UNIMPLEMENTED'];

for (const [name, code] of Object.entries(status)) {
  const answer = Object.assign(new Error(name), { code, details: name, metadata: {} });
  const wrapped = new ServiceError('Failed to start Workflow', { cause: answer });
  if (lasting.includes(name)) {
    test(`${name} stays what it is`, (t) => {
      t.is(translated(wrapped), wrapped);
    });
  } else {
    test(`${name} is an outage, bare or wrapped by the client`, (t) => {
      t.true(isUnavailable(translated(wrapped)) && isUnavailable(translated(answer)));
    });
  }
}

test('an error that is not of gRPC stays what it is', (t) => {
  const error = new TypeError('cannot be encoded');
  t.is(translated(error), error);
});
