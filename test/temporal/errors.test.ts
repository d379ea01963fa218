import { ServiceError } from '@temporalio/client';
import test from 'ava';
import { isUnavailable } from '../../src/domain/errors.js';
import { grpcOutages, translated } from '../../src/temporal/errors.js';
import { rowsOf } from '../helpers/document-rows.js';

const grpc = (code: number, name: string) =>
  Object.assign(new Error(`${code} ${name}`), { code, details: name, metadata: {} });
const wrapped = (answer: Error) => new ServiceError('Failed to start Workflow', { cause: answer });

for (const [code, name] of grpcOutages) {
  test(`${name} is an outage, bare or wrapped by the client`, (t) => {
    const answer = grpc(code, name);
    t.true(isUnavailable(translated(wrapped(answer))) && isUnavailable(translated(answer)));
  });
}

for (const [code, name] of [
  [3, 'INVALID_ARGUMENT'],
  [6, 'ALREADY_EXISTS'],
  [11, 'OUT_OF_RANGE'],
] as const) {
  test(`${name} is thrown unchanged`, (t) => {
    const error = wrapped(grpc(code, name));
    t.is(translated(error), error);
  });
}

test('an error that is not a gRPC error is thrown unchanged', (t) => {
  const error = new TypeError('cannot be encoded');
  t.is(translated(error), error);
});

test('docs/errors.md has each error, with its reason', (t) => {
  t.deepEqual(
    rowsOf('docs/errors.md', 'Temporal'),
    grpcOutages.map(([code, name, why]) => [String(code), name, why]),
  );
});
