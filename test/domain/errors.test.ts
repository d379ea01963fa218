import test from 'ava';
import { DomainError, isUnavailable, messageOf, unavailable } from '../../src/domain/errors.js';

test('an error of the domain has its code, its message, its cause and its fields', (t) => {
  const cause = new Error('why');
  const fields = [{ path: ['data', 'amount'], detail: 'expected a number' }];
  const error = new DomainError('event-invalid', 'what', { cause, fields });
  t.like(error, { name: 'DomainError', code: 'event-invalid', message: 'what' });
  t.is(error.cause, cause);
  t.is(error.fields, fields);
  t.true(error instanceof Error);
});

test('an error of the domain needs neither cause nor fields', (t) => {
  const error = new DomainError('order-unknown', 'what');
  t.deepEqual(error.fields, []);
  t.is(error.cause, undefined);
});

test('an outage names the dependency, and the reason', (t) => {
  const cause = new Error('connection refused');
  const error = unavailable('the database', cause);
  t.like(error, { code: 'dependency-unavailable', message: 'the database is not available: connection refused' });
  t.is(error.cause, cause);
});

test('an outage is distinguished from every other error', (t) => {
  t.true(isUnavailable(unavailable('the database', 'away')));
  t.false(isUnavailable(new DomainError('overloaded', 'too many')));
  t.false(isUnavailable({ code: 'dependency-unavailable' }));
  t.false(isUnavailable(undefined));
});

test('every thrown value has a message', (t) => {
  t.is(messageOf(new TypeError('words')), 'words');
  t.is(messageOf('words'), 'words');
  t.is(messageOf(undefined), 'undefined');
});
